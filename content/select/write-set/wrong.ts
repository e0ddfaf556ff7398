/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const ASK = 'if (state.nWritten < state.writeUpto) FD_SET(fd, writeset);';

export default [
  {
    name: 'never-asks',
    fails: 'answers',
    patch: [{ replace: ASK, by: '' }],
  },
  {
    name: 'asks-with-half-a-line',
    fails: 'rests-within-a-line',
    patch: [{ replace: ASK, by: 'if (state.bufferUsed > 0) FD_SET(fd, writeset);' }],
  },
  {
    name: 'asks-only-before-the-first-byte-is-sent',
    fails: 'all-answers',
    patch: [
      {
        replace: ASK,
        by: 'if (state.nWritten === 0 && state.writeUpto > 0) FD_SET(fd, writeset);',
      },
    ],
  },
  {
    name: 'asks-for-no-one-who-is-done',
    fails: 'ends',
    patch: [
      {
        replace: ASK,
        by: 'if (!state.isAtEnd && state.nWritten < state.writeUpto) FD_SET(fd, writeset);',
      },
    ],
  },
  {
    name: 'naps-instead',
    fails: 'rests',
    patch: [
      { replace: ASK, by: 'nanosleep(new Timespec(0, 2_000_000));\nFD_SET(fd, writeset);' },
      { replace: 'fd_set,', by: 'fd_set,\nnanosleep,\nTimespec,' },
    ],
  },
  {
    name: 'reads-from-slow-clients-too',
    fails: 'rests-behind-a-slow-client',
    patch: [
      {
        replace:
          'if (!state.isAtEnd && state.bufferUsed + CHUNK <= state.buffer.length) FD_SET(fd, readset);',
        by: 'FD_SET(fd, readset);',
      },
    ],
  },
] satisfies WrongAnswer[];
