/** Wrong answers that look right, each with the expectation that it does not meet. For the tests. */
import type { WrongAnswer } from '../../../lab/exercise.ts';

const STOP = 'if (connections.size === MOST) listener.disable();';
const GO_ON = 'listener.enable();';

export default [
  {
    name: 'is-off-by-one',
    fails: 'stops-at-100',
    patch: [{ replace: STOP, by: 'if (connections.size > MOST) listener.disable();' }],
  },
  {
    name: 'hangs-up-on-the-next',
    fails: 'lets-them-wait',
    patch: [
      { replace: STOP, by: '' },
      {
        replace:
          'const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);',
        by: `
          const bev = Bufferevent.socketNew(listener.getBase(), fd, BEV_OPT_CLOSE_ON_FREE);
          if (connections.size === MOST) {
            bev.free();
            return;
          }
        `,
      },
    ],
  },
  {
    name: 'stops-listening',
    fails: 'lets-them-wait',
    patch: [
      { replace: STOP, by: 'if (connections.size === MOST) listener.free();' },
      { replace: GO_ON, by: '' },
    ],
  },
  {
    name: 'never-goes-on',
    fails: 'goes-on',
    patch: [{ replace: GO_ON, by: '' }],
  },
  {
    name: 'goes-on-only-after-an-end',
    fails: 'goes-on-after-a-reset',
    patch: [
      {
        replace: 'if (events & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) closeConnection(bev, listener);',
        by: `if (events & BEV_EVENT_EOF) closeConnection(bev, listener);
        else if (events & BEV_EVENT_ERROR) bev.free();`,
      },
    ],
  },
] satisfies WrongAnswer[];
