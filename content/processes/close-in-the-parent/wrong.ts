/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const CLOSE = `
  // The connection is the child’s now. It ends only when the last descriptor for it is closed.
  close(fd);
`;

export default [
  {
    name: 'closes-before-fork',
    fails: 'answers',
    patch: [
      { replace: CLOSE, by: '' },
      { replace: 'const pid = fork();', by: 'close(fd);\nconst pid = fork();' },
    ],
  },
  {
    name: 'closes-in-the-child',
    fails: 'answers',
    patch: [
      { replace: CLOSE, by: '' },
      { replace: 'close(listener);\nserve(fd);', by: 'close(fd);\nserve(fd);' },
    ],
  },
  {
    name: 'waits-for-the-child',
    fails: 'independent',
    patch: [
      { replace: 'getpid,', by: 'getpid,\nwaitpid,' },
      { replace: CLOSE, by: 'waitpid(pid, null, 0);\nclose(fd);' },
    ],
  },
  {
    name: 'closes-the-listener',
    fails: 'accepts',
    patch: [{ replace: CLOSE, by: 'close(fd);\nclose(listener);' }],
  },
  {
    name: 'closes-it-later',
    fails: 'ends',
    patch: [{ replace: CLOSE, by: 'setTimeout(() => close(fd), 100);' }],
  },
] satisfies WrongAnswer[];
