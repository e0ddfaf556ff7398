/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const IF_QUIET = 'if (isQuiet) nap(5);';

export default [
  {
    name: 'naps-for-too-long',
    fails: 'in-time',
    patch: [{ replace: IF_QUIET, by: 'if (isQuiet) nap(100);' }],
  },
  {
    name: 'naps-after-an-answer',
    fails: 'naps',
    patch: [{ replace: IF_QUIET, by: 'if (!isQuiet) nap(5);' }],
  },
  {
    name: 'naps-without-rest',
    fails: 'naps',
    patch: [
      {
        replace: IF_QUIET,
        by: 'const until = performance.now() + 5;\nwhile (isQuiet && performance.now() < until);',
      },
    ],
  },
  {
    name: 'naps-only-while-it-is-alone',
    fails: 'naps',
    patch: [{ replace: IF_QUIET, by: 'if (clients.size === 0) nap(5);' }],
  },
  {
    name: 'naps-in-every-round',
    fails: 'in-time-for-much',
    patch: [{ replace: IF_QUIET, by: 'nap(8);' }],
  },
  {
    name: 'naps-for-each-client',
    fails: 'in-time-in-a-crowd',
    patch: [
      { replace: 'if (answerOne(fd)) isQuiet = false;', by: 'if (!answerOne(fd)) nap(10);' },
      { replace: IF_QUIET, by: 'if (isQuiet && clients.size === 0) nap(5);' },
    ],
  },
  {
    name: 'sleeps-deeper-after-a-while',
    fails: 'in-time-after-a-silence',
    patch: [
      { replace: 'for (;;) {', by: 'let heard = performance.now();\nfor (;;) {' },
      {
        replace: IF_QUIET,
        by: `
          if (!isQuiet) heard = performance.now();
          else nap(performance.now() - heard > 150 ? 200 : 5);
        `,
      },
    ],
  },
] satisfies WrongAnswer[];
