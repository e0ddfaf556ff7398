/** Checks that there are ten children at most, that others wait, and that no zombie stays. */
import type { Check, Kit, Peer, Stage, Step } from '../../../sandbox-server/guest/check/kit.ts';

const MOST = 10;
/** So many are there before the steps begin. */
const CROWD = 8;
const WELCOME = 'Welcome.\n';
/** Whoever comes after all others are gone. */
const LATECOMER = 20;

export default function check({ Unmet, pieces, rot13, visits, wholeLines }: Kit): Check {
  const isWelcome = (peer: Peer): boolean => peer.receivedLength > 0;
  const howMany = (count: number): string => (count === 1 ? 'there is 1' : `there are ${count}`);

  /** As many are welcomed as may be, each by a child, and nobody else. */
  async function areLetIn(stage: Stage, reason: string): Promise<void> {
    const { program } = stage;
    const open = stage.peers.filter((peer) => peer.isOpen);
    const wanted = Math.min(MOST, open.length);
    const letIn = (): number => open.filter(isWelcome).length;
    const alive = (): number => program.children.alive.length;
    await stage.must(
      reason,
      `${wanted === 1 ? '1 client is' : `${wanted} clients are`} welcomed`,
      () => letIn() >= wanted,
      () => (letIn() === 1 ? '1 is' : `${letIn()} are`),
    );
    // Nobody else may be, however long it takes.
    if (open.length > MOST) await stage.settle();
    const hungUp = open.find((peer) => peer.ended || peer.error !== undefined);
    if (hungUp) {
      const { name } = hungUp;
      throw new Unmet('lets-them-wait', `${name} waits`, 'the server closed the connection');
    }
    if (alive() > MOST || letIn() > MOST) {
      const most = Math.max(alive(), letIn());
      throw new Unmet('stops-at-10', `there are ${MOST} children`, howMany(most));
    }
    // Those of others must be gone before the next comes: then the parent can know of their end.
    await stage.must(
      'one-child-each',
      `the server has ${wanted === 1 ? '1 child' : `${wanted} children`}`,
      () => alive() === wanted,
      () => howMany(alive()),
    );
  }

  /** Somebody has just been welcomed: the parent has asked for all who had ended by then. */
  async function areReaped(stage: Stage): Promise<void> {
    const { program } = stage;
    await stage.must(
      'reaped',
      'there is no zombie',
      () => program.children.zombies.length === 0,
      () => howMany(program.children.zombies.length),
    );
  }

  return {
    expectations: {
      welcomes: 'up to 10 clients are welcomed',
      'one-child-each': 'there is one child for each client who is welcomed',
      'stops-at-10': 'there are never more than 10 children',
      'lets-them-wait': 'a client who comes then waits, and nobody hangs up on them',
      'goes-on': 'when a child has ended, the next client is welcomed',
      'goes-on-after-a-reset': 'the same is true when the child ends because of a reset',
      answers: 'every whole line of a client who was welcomed is answered',
      ends: 'the connection of a client who is done ends',
      reaped: 'no zombie is left once the next client is welcomed',
    },
    steps: visits({ peers: 6, texts: pieces(), deeds: ['half-closes', 'resets'], longest: 16 }),
    examples: [
      Array.from({ length: 4 }, (_, peer) => ({ does: 'connects' as const, peer })),
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\na' },
        { does: 'half-closes', peer: 0 },
        { does: 'connects', peer: 1 },
      ],
      [
        ...Array.from({ length: 4 }, (_, peer) => ({ does: 'connects' as const, peer })),
        { does: 'half-closes', peer: 0 },
        { does: 'half-closes', peer: 1 },
        { does: 'half-closes', peer: 2 },
        { does: 'connects', peer: 4 },
      ],
      [
        ...Array.from({ length: 4 }, (_, peer) => ({ does: 'connects' as const, peer })),
        { does: 'resets', peer: 1 },
        { does: 'resets', peer: 0 },
      ],
    ],
    async play(stage, steps) {
      async function act(step: Step): Promise<void> {
        const before = stage.peer(step.peer);
        // Who waits is nobody to the server yet: what they send is for later.
        if (step.does !== 'connects' && before && !isWelcome(before)) return;
        const waited = stage.peers.filter((peer) => peer.isOpen && !isWelcome(peer)).length;
        const peer = await stage.act(step);
        if (!peer) return;
        if (step.does === 'connects') {
          if (peer.error !== undefined) {
            throw new Unmet(
              'lets-them-wait',
              `${peer.name} can connect and wait`,
              'nobody listens',
            );
          }
          await areLetIn(stage, 'welcomes');
          if (isWelcome(peer)) await areReaped(stage);
          return;
        }
        if (!peer.left) {
          await stage.receives('answers', peer, WELCOME + rot13(wholeLines(peer.sent)));
        }
        if (peer.halfClosed && !peer.left) await stage.ends('ends', peer);
        if (peer.isOpen) return;
        await areLetIn(stage, peer.left ? 'goes-on-after-a-reset' : 'goes-on');
        if (waited > 0) await areReaped(stage);
      }

      await stage.crowd(0, CROWD);
      await areLetIn(stage, 'welcomes');
      await areReaped(stage);
      for (const step of steps) await act({ ...step, peer: step.peer + CROWD });
      // All leave at once, also those who wait. Their children end one after the other, and then one more comes.
      stage.tell('All who are connected press Ctrl-D.');
      const open = stage.peers.filter((peer) => peer.isOpen);
      for (const peer of open) peer.halfClose();
      for (const peer of open) await stage.ends(isWelcome(peer) ? 'ends' : 'goes-on', peer);
      await areLetIn(stage, 'goes-on');
      await act({ does: 'connects', peer: LATECOMER });
      await act({ does: 'half-closes', peer: LATECOMER });
    },
  };
}
