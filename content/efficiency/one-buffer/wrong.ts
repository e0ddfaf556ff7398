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
    name: 'sends-the-rest-from-its-beginning',
    fails: 'all-answers',
    patch: [
      {
        replace: 'client.rest = sent < rest.length ? rest.subarray(sent) : null;',
        by: 'client.rest = sent < rest.length ? rest : null;',
      },
    ],
  },
] satisfies WrongAnswer[];
