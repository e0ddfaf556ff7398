/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const LISTENER = 'listener.free();';
const EACH = 'for (const bev of [...connections]) finish(bev);';
const INTERRUPT = 'interrupt.free();';

export default [
  {
    name: 'only-disables-the-listener',
    fails: 'refuses',
    patch: [{ replace: LISTENER, by: 'listener.disable();' }],
  },
  {
    name: 'leaves-the-loop-at-once',
    fails: 'owed',
    patch: [{ replace: INTERRUPT, by: 'interrupt.free();\nbase.loopExit();' }],
  },
  {
    name: 'waits-for-everybody-to-leave',
    fails: 'idle-clients-end',
    patch: [{ replace: EACH, by: '' }],
  },
  {
    name: 'closes-what-is-owed',
    fails: 'owed',
    patch: [{ replace: EACH, by: 'for (const bev of [...connections]) closeConnection(bev);' }],
  },
  {
    name: 'goes-on-reading',
    fails: 'no-more',
    patch: [
      {
        replace: EACH,
        by: `for (const bev of [...connections]) {
          if (bev.getOutput().getLength() === 0) closeConnection(bev);
          else bev.setCb(readCb, lastWriteCb, eventCb, null);
        }`,
      },
    ],
  },
  {
    name: 'leaves-what-comes-unread',
    fails: 'owed',
    patch: [{ replace: EACH, by: `${EACH}\nfor (const bev of connections) bev.disable(EV_READ);` }],
  },
  {
    name: 'keeps-the-event-for-the-signal',
    fails: 'exits',
    patch: [{ replace: INTERRUPT, by: '' }],
  },
  {
    name: 'says-that-it-was-interrupted',
    fails: 'exits-with-0',
    patch: [{ replace: INTERRUPT, by: 'interrupt.free();\nprocess.exitCode = 130;' }],
  },
] satisfies WrongAnswer[];
