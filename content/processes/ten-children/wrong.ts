/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const REAP = 'reap();';
const WAITPID = 'const pid = waitpid(-1, null, children < MOST ? WNOHANG : 0);';
const SERVES =
  'console.log(`Child ${pid} serves descriptor ${fd}. Children: ${++children} of ${MOST}`);';
const LISTENS = 'console.log(`Listening on port ${port}`);';

export default [
  {
    name: 'waits-for-each-child',
    fails: 'welcomes',
    patch: [{ replace: WAITPID, by: 'const pid = waitpid(-1, null, 0);' }],
  },
  {
    name: 'is-off-by-one',
    fails: 'stops-at-10',
    patch: [{ replace: WAITPID, by: WAITPID.replace('<', '<=') }],
  },
  {
    name: 'counts-in-the-child',
    fails: 'stops-at-10',
    patch: [
      { replace: 'close(listener);\nserve(fd);', by: 'children++;\nclose(listener);\nserve(fd);' },
      { replace: SERVES, by: SERVES.replace('++', '') },
    ],
  },
  {
    name: 'hangs-up-on-the-next',
    fails: 'lets-them-wait',
    patch: [
      { replace: WAITPID, by: 'const pid = waitpid(-1, null, WNOHANG);' },
      {
        replace: 'const pid = fork();',
        by: 'if (children >= MOST) {\nclose(fd);\nreturn;\n}\nconst pid = fork();',
      },
    ],
  },
  {
    name: 'ignores-sigchld',
    fails: 'goes-on',
    patch: [
      { replace: 'SOCK_STREAM,\nSOL_SOCKET,', by: 'SIGCHLD,\nSIG_IGN,\nSOCK_STREAM,\nSOL_SOCKET,' },
      { replace: 'SO_REUSEADDR,\nWNOHANG,', by: 'SO_REUSEADDR,\nSigaction,\nWNOHANG,\nsigaction,' },
      { replace: LISTENS, by: `sigaction(SIGCHLD, new Sigaction(SIG_IGN), null);\n${LISTENS}` },
    ],
  },
  {
    name: 'reaps-one-at-a-time',
    fails: 'reaped',
    patch: [{ replace: 'while (children > 0) {', by: 'for (let i = 0; i < 1; i++) {' }],
  },
  {
    name: 'reaps-only-when-it-is-full',
    fails: 'reaped',
    patch: [{ replace: REAP, by: `if (children === MOST) ${REAP}` }],
  },
] satisfies WrongAnswer[];
