/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const ACCEPT_LINE = 'console.log(`accept4() waited ${Math.round(performance.now() - began)} ms`);';
const RECV_LINE = 'console.log(`recv(${fd}) waited ${Math.round(waited)} ms`);';
const RECV_BEGINS = `
  const began = performance.now();
  const n = recv(fd, buffer, buffer.length, 0);
`;
const RECV_WAITED = 'const waited = performance.now() - began;';

export default [
  {
    name: 'forgets-accept',
    fails: 'accept',
    patch: [{ replace: ACCEPT_LINE, by: '' }],
  },
  {
    name: 'counts-only-bytes',
    fails: 'recv',
    patch: [{ replace: RECV_LINE, by: `if (goesOn) ${RECV_LINE}` }],
  },
  {
    name: 'looks-at-the-clock-too-late',
    fails: 'not-less',
    patch: [
      {
        replace: RECV_BEGINS,
        by: 'const n = recv(fd, buffer, buffer.length, 0);\nconst began = performance.now();',
      },
    ],
  },
  {
    name: 'measures-processor-time',
    fails: 'not-less',
    patch: [
      {
        replace: RECV_BEGINS,
        by: `
          const began = process.cpuUsage();
          const n = recv(fd, buffer, buffer.length, 0);
        `,
      },
      {
        replace: RECV_WAITED,
        by: `
          const { user, system } = process.cpuUsage(began);
          const waited = (user + system) / 1000;
        `,
      },
    ],
  },
  {
    name: 'measures-from-the-start',
    fails: 'not-more',
    patch: [
      { replace: RECV_BEGINS, by: 'const n = recv(fd, buffer, buffer.length, 0);' },
      { replace: RECV_WAITED, by: 'const waited = performance.now();' },
    ],
  },
  {
    name: 'measures-each-round',
    fails: 'not-more',
    patch: [
      {
        replace: 'for (const { name, fd } of connections) {',
        by: 'const began = performance.now();\nfor (const { name, fd } of connections) {',
      },
      { replace: RECV_BEGINS, by: 'const n = recv(fd, buffer, buffer.length, 0);' },
    ],
  },
  {
    name: 'names-the-wrong-connection',
    fails: 'whose-recv',
    patch: [{ replace: RECV_LINE, by: RECV_LINE.replace('${fd}', '${connections[0]?.fd ?? fd}') }],
  },
] satisfies WrongAnswer[];
