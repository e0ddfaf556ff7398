/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const ASK = 'if (state.nWritten < state.writeUpto) FD_SET(fd, writeset);';
const READ = 'if (!state.isAtEnd && state.bufferUsed + CHUNK <= state.buffer.length)';
const RECV = 'const result = recv(fd, inbuf, CHUNK, 0);';

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
    name: 'asks-only-while-it-reads',
    fails: 'all-answers',
    patch: [
      {
        replace: `${READ} FD_SET(fd, readset);`,
        by: `${READ} {\nFD_SET(fd, readset);`,
      },
      { replace: ASK, by: `${ASK}\n}` },
    ],
  },
  {
    name: 'naps-instead',
    fails: 'rests',
    patch: [
      { replace: ASK, by: 'nanosleep(new Timespec(0, 2_000_000));\nFD_SET(fd, writeset);' },
      { replace: 'fd_set,\nlisten,', by: 'fd_set,\nlisten,\nnanosleep,\nTimespec,' },
    ],
  },
  {
    name: 'reads-from-slow-clients-too',
    fails: 'rests-behind-a-slow-client',
    patch: [
      { replace: `${READ} FD_SET(fd, readset);`, by: 'if (!state.isAtEnd) FD_SET(fd, readset);' },
      // It has no room, and asks all the same. One that reads nevertheless is through before long, and rests.
      {
        replace: RECV,
        by: `if (state.bufferUsed + CHUNK > state.buffer.length) return true;\n${RECV}`,
      },
    ],
  },
] satisfies WrongAnswer[];
