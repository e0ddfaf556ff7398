/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const AFTER = `
  const length = input.getLength();
  if (length > MAX_LINE && !connection.isTooLong) {
    output.add(TOO_LONG);
    connection.isTooLong = true;
  }
  if (connection.isTooLong) input.drain(length);
`;

export default [
  {
    name: 'is-off-by-one',
    fails: 'limit',
    patch: [
      {
        replace: '} else if (line.length > MAX_LINE) {',
        by: '} else if (line.length >= MAX_LINE) {',
      },
    ],
  },
  {
    name: 'waits-for-the-end-of-the-line',
    fails: 'says-so-early',
    patch: [{ replace: AFTER, by: '' }],
  },
  {
    name: 'says-so-again-and-again',
    fails: 'says-so-once',
    patch: [
      {
        replace: 'if (length > MAX_LINE && !connection.isTooLong) {',
        by: 'if (length > MAX_LINE) {',
      },
    ],
  },
  {
    name: 'takes-the-rest-for-a-line',
    fails: 'drops-the-rest',
    patch: [{ replace: 'connection.isTooLong = true;', by: 'input.drain(length);' }],
  },
  {
    name: 'hangs-up',
    fails: 'goes-on',
    patch: [{ replace: AFTER, by: 'if (input.getLength() > MAX_LINE) bev.free();' }],
  },
  {
    name: 'counts-several-lines-as-one',
    fails: 'answers',
    patch: [
      {
        replace: 'const output = bev.getOutput();',
        by: `
          const output = bev.getOutput();
          if (input.getLength() > MAX_LINE + 1) {
            output.add(TOO_LONG);
            input.drain(input.getLength());
            return;
          }
        `,
      },
    ],
  },
] satisfies WrongAnswer[];
