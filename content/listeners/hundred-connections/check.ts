/** Checks that there are a hundred connections at most, that others wait, and that the next is let in. */
import type { Check, Kit, Peer, Stage } from '../../../sandbox-server/guest/check/kit.ts';

const MOST = 100;
/** So many are there before the steps begin. */
const CROWD = 97;
const WELCOME = 'Welcome.\n';

export default function check({ Unmet, pieces, visits }: Kit): Check {
  const isWelcome = (peer: Peer): boolean => peer.receivedLength > 0;

  /** As many are let in as may be, and no more. */
  async function areLetIn(stage: Stage, reason: string): Promise<void> {
    const open = stage.peers.filter((peer) => peer.isOpen);
    const wanted = Math.min(MOST, open.length);
    const letIn = (): number => open.filter(isWelcome).length;
    await stage.must(
      reason,
      `${wanted === 1 ? '1 client is' : `${wanted} clients are`} welcomed`,
      () => letIn() >= wanted,
      () => (letIn() === 1 ? '1 is' : `${letIn()} are`),
    );
    if (open.length <= MOST) return;
    // Nobody else may be, however long it takes.
    await stage.settle();
    const hungUp = open.find((peer) => peer.ended || peer.error !== undefined);
    if (hungUp) {
      const { name } = hungUp;
      throw new Unmet('lets-them-wait', `${name} waits`, 'the server closed the connection');
    }
    if (letIn() > MOST) {
      throw new Unmet('stops-at-100', `${MOST} clients are welcomed`, `${letIn()} are`);
    }
  }

  return {
    expectations: {
      welcomes: 'up to 100 clients are welcomed',
      'stops-at-100': 'nobody is welcomed while 100 are connected',
      'lets-them-wait': 'a client who comes then waits, and nobody hangs up on them',
      'goes-on': 'when a connection ends, the next client is welcomed',
      'goes-on-after-a-reset': 'the same is true when a connection ends with a reset',
      answers: 'everybody who was welcomed gets back what they send',
      ends: 'the connection of a client who is done ends',
    },
    steps: visits({ peers: 8, texts: pieces(), deeds: ['half-closes', 'resets'], longest: 16 }),
    examples: [
      Array.from({ length: 5 }, (_, peer) => ({ does: 'connects' as const, peer })),
      [
        ...Array.from({ length: 5 }, (_, peer) => ({ does: 'connects' as const, peer })),
        { does: 'half-closes', peer: 0 },
        { does: 'half-closes', peer: 1 },
      ],
      [
        ...Array.from({ length: 5 }, (_, peer) => ({ does: 'connects' as const, peer })),
        { does: 'resets', peer: 0 },
        { does: 'resets', peer: 1 },
      ],
    ],
    async play(stage, steps) {
      await stage.crowd(0, CROWD);
      await areLetIn(stage, 'welcomes');
      for (const step of steps) {
        const before = stage.peer(step.peer + CROWD);
        // Who waits is nobody to the server yet: what they send is for later.
        if (step.does !== 'connects' && before && !isWelcome(before)) continue;
        const peer = await stage.act({ ...step, peer: step.peer + CROWD });
        if (!peer) continue;
        if (step.does === 'connects') {
          if (peer.error !== undefined) {
            const { name } = peer;
            throw new Unmet('lets-them-wait', `${name} can connect and wait`, 'nobody listens');
          }
          await areLetIn(stage, 'welcomes');
          continue;
        }
        if (!peer.left) await stage.receives('answers', peer, WELCOME + peer.sent);
        if (peer.halfClosed && !peer.left) await stage.ends('ends', peer);
        if (!peer.isOpen) await areLetIn(stage, peer.left ? 'goes-on-after-a-reset' : 'goes-on');
      }
    },
  };
}
