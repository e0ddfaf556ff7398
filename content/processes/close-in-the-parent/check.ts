/** Checks that a connection ends when its client is done: it does if the parent has closed it, too. */
import type { Check, Kit, Peer, Stage } from '../../../sandbox-server/guest/check/kit.ts';

export default function check({ pieces, rot13, visits, wholeLines }: Kit): Check {
  const answers = (peer: Peer): string => rot13(wholeLines(peer.sent));

  async function isAnswered(stage: Stage, peer: Peer): Promise<void> {
    const others = stage.peers.some((other) => other !== peer && other.isOpen);
    const reason = (): string => {
      if (peer.receivedLength > 0) return 'answers';
      if (peer.error !== undefined && others) return 'accepts';
      return others ? 'independent' : 'answers';
    };
    await stage.receives(reason, peer, answers(peer));
  }

  return {
    expectations: {
      accepts: 'every client is let in, even while others are there',
      answers: 'every whole line is answered',
      independent: 'no client waits for another',
      ends: 'the connection of a client who is done ends',
      'one-child-each': 'there is one child for each client',
      'closed-in-the-parent': 'the parent has no connection open',
      reaped: 'no zombie is left',
    },
    steps: visits({ peers: 4, texts: pieces(), deeds: ['half-closes', 'half-closes', 'resets'] }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\n' },
        { does: 'half-closes', peer: 0 },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'ab\n' },
        { does: 'half-closes', peer: 1 },
      ],
    ],
    async play(stage, steps) {
      const { program } = stage;
      for (const step of steps) {
        const peer = await stage.act(step);
        if (!peer || peer.left) continue;
        await isAnswered(stage, peer);
        if (peer.halfClosed) await stage.ends('ends', peer);
      }
      const open = stage.peers.filter((peer) => peer.isOpen).length;
      await stage.must(
        'one-child-each',
        `the server has ${open === 1 ? '1 child' : `${open} children`}`,
        () => program.children.alive.length === open,
        () => `it has ${program.children.alive.length}`,
      );
      await stage.must(
        'closed-in-the-parent',
        'the parent has no socket open except the one that listens',
        () => program.newSockets === 0,
        () => `it has ${program.newSockets ?? 'nobody knows how many'} more`,
      );
      await stage.must(
        'reaped',
        'there is no zombie',
        () => program.children.zombies.length === 0,
        () =>
          program.children.zombies.length === 1
            ? 'there is 1'
            : `there are ${program.children.zombies.length}`,
      );
    },
  };
}
