/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

export default [
  {
    name: 'keeps-no-copy-of-the-rest',
    fails: 'all-answers',
    patch: [
      {
        replace: 'client.rest = Buffer.from(shared.subarray(sent, length));',
        by: 'client.rest = shared.subarray(sent, length);',
      },
    ],
  },
  {
    name: 'drops-what-is-not-taken',
    fails: 'all-answers',
    patch: [
      {
        replace: `
          client.rest = Buffer.from(shared.subarray(sent, length));
          client.readEvent.del();
          client.writeEvent.add();
        `,
        by: '',
      },
    ],
  },
  {
    name: 'copies-always-and-keeps-the-copy',
    fails: 'silence-is-cheap',
    patch: [
      {
        replace: 'const sent = sendSome(client, shared, length);',
        by: 'client.rest = Buffer.from(shared.subarray(0, length));\nconst sent = sendSome(client, shared, length);',
      },
    ],
  },
  {
    name: 'goes-on-reading',
    fails: 'all-answers',
    patch: [
      {
        replace: 'client.readEvent.del();\nclient.writeEvent.add();',
        by: 'client.writeEvent.add();',
      },
    ],
  },
  {
    name: 'never-reads-again',
    fails: 'all-answers',
    patch: [
      {
        replace: 'client.writeEvent.del();\nclient.readEvent.add();',
        by: 'client.writeEvent.del();',
      },
    ],
  },
  {
    name: 'takes-the-end-for-nothing-to-read',
    fails: 'ends',
    patch: [{ replace: 'if (length <= 0) {', by: 'if (length < 0) {' }],
  },
] satisfies WrongAnswer[];
