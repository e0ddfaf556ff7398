/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const ACCEPT_ALL = "return ['alice', 'bob', 'carol'].map((name) => acceptFrom(listener, name));";
const LEAVE_OUT = `connections = connections.filter((each) => each.fd !== fd);`;
const GOES_ON = 'if (handle(name, fd, n)) continue;';

export default [
  {
    name: 'serves-only-two',
    fails: 'third',
    patch: [{ replace: ACCEPT_ALL, by: ACCEPT_ALL.replace(", 'carol'", '') }],
  },
  {
    name: 'puts-the-third-first',
    fails: 'in-turn',
    patch: [
      {
        replace: ACCEPT_ALL,
        by: `const connections: Connection[] = [];
        for (const name of ['alice', 'bob', 'carol']) {
          connections.unshift(acceptFrom(listener, name));
        }
        return connections;`,
      },
    ],
  },
  {
    name: 'closes-the-others',
    fails: 'goes-on',
    patch: [{ replace: LEAVE_OUT, by: 'for (const each of connections) close(each.fd);\nreturn;' }],
  },
  {
    name: 'leaves-out-the-last',
    fails: 'goes-on',
    patch: [{ replace: LEAVE_OUT, by: 'connections.pop();' }],
  },
  {
    name: 'skips-the-next',
    fails: 'goes-on',
    patch: [
      {
        replace: LEAVE_OUT,
        by: 'connections.splice(connections.findIndex((each) => each.fd === fd), 1);',
      },
    ],
  },
  {
    name: 'knows-only-end-of-file',
    fails: 'goes-on-after-a-reset',
    patch: [{ replace: GOES_ON, by: `if (n < 0) throw new Error('recv');\n${GOES_ON}` }],
  },
  {
    name: 'forgets-to-close',
    fails: 'ends',
    patch: [{ replace: `close(fd);\n`, by: '' }],
  },
  {
    name: 'reads-from-the-dead',
    fails: 'begins-anew',
    patch: [{ replace: LEAVE_OUT, by: '' }],
  },
] satisfies WrongAnswer[];
