/** Checks that three clients are served in turn, and that those who are left go on when one is gone. */
import type { Check, Kit, Peer, Stage, Step } from '../../../sandbox-server/guest/check/kit.ts';

const GROUP = 3;
/** Whoever comes so that three are there. */
const NEWCOMER = 7;

export default function check({ Turns, Unmet, pieces, visits }: Kit): Check {
  type Conversation = InstanceType<typeof Turns<Peer>>;

  const answers = (turns: Conversation, peer: Peer): string =>
    turns
      .read(peer)
      .map((text) => `You said: ${text}`)
      .join('');

  /** Which expectation it is that a peer’s answers do not meet. */
  function reason(turns: Conversation, peer: Peer): string {
    if (peer.receivedLength > answers(turns, peer).length) return 'in-turn';
    if (turns.thinnedBy === 'reset') return 'goes-on-after-a-reset';
    if (turns.thinnedBy === 'end of file') return 'goes-on';
    const waits = turns.place(peer) < 0 && !turns.isOver(peer);
    if (waits || turns.groups > 1) return 'begins-anew';
    return turns.place(peer) === GROUP - 1 ? 'third' : 'in-turn';
  }

  /** Everybody has what they should have by now, and a connection if they should. */
  async function areServed(stage: Stage, turns: Conversation): Promise<void> {
    for (const peer of stage.peers) {
      if (peer.left) continue;
      if (!peer.reading) {
        // Its answers can’t be seen. But what it sends next would come to the server with what came before.
        if (turns.hasReadAll(peer)) await stage.isHeard(peer);
        continue;
      }
      await stage.receives(() => reason(turns, peer), peer, answers(turns, peer));
      if (turns.isOver(peer)) {
        await stage.ends(() => (turns.gone > 1 ? reason(turns, peer) : 'ends'), peer);
      } else if (peer.ended || peer.error !== undefined) {
        const seen = peer.ended ? 'the server closed it' : 'it failed';
        throw new Unmet(reason(turns, peer), `${peer.name}’s connection stays open`, seen);
      }
    }
  }

  return {
    expectations: {
      third: 'three clients are served',
      'in-turn': 'everybody is answered when it is their turn, and only then',
      'goes-on': 'when one client has hung up, the others go on',
      'goes-on-after-a-reset': 'when one client has reset the connection, the others go on',
      ends: 'the connection of a client who has hung up ends',
      'begins-anew': 'when all three are gone, the next three are served',
    },
    steps: visits({
      peers: 6,
      texts: pieces(),
      deeds: ['half-closes', 'half-closes', 'resets', 'stops reading', 'reads again'],
      longest: 32,
    }),
    examples: [
      // Each is answered at once: whoever has another turn is not, however late the server reads.
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'connects', peer: 2 },
        { does: 'sends', peer: 0, text: 'a\n' },
        { does: 'sends', peer: 1, text: 'b\n' },
        { does: 'sends', peer: 2, text: 'n\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'connects', peer: 2 },
        { does: 'sends', peer: 1, text: 'b\nb\n' },
        { does: 'sends', peer: 2, text: 'n' },
        { does: 'sends', peer: 2, text: 'n\n' },
        { does: 'sends', peer: 0, text: 'a' },
      ],
      ...[0, 1, 2].map((gone): Step[] => [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'connects', peer: 2 },
        { does: 'half-closes', peer: gone },
        ...[0, 1, 2, 0, 1, 2].map((peer): Step => ({ does: 'sends', peer, text: 'a\n' })),
      ]),
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'connects', peer: 2 },
        { does: 'sends', peer: 1, text: 'b\n' },
        { does: 'resets', peer: 1 },
        { does: 'resets', peer: 0 },
        { does: 'sends', peer: 2, text: 'n\n' },
        { does: 'sends', peer: 2, text: 'n\n' },
      ],
      [
        ...[0, 1, 2, 3].map((peer): Step => ({ does: 'connects', peer })),
        { does: 'sends', peer: 3, text: 'a\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 0, text: 'a\n' },
      ],
    ],
    async play(stage, steps) {
      const turns: Conversation = new Turns(GROUP);

      async function act(step: Step): Promise<boolean> {
        const peer = await stage.act(step);
        if (!peer) return false;
        turns.did(step, peer);
        if (step.does === 'connects' && peer.error !== undefined) {
          throw new Unmet(reason(turns, peer), `${peer.name} can connect`, 'nobody listens');
        }
        await areServed(stage, turns);
        return true;
      }

      for (const step of steps) await act(step);
      // What must not come may come late.
      await stage.settle();
      await areServed(stage, turns);
      // Those who are left go as well, and those who wait have their turn.
      for (let newcomer = NEWCOMER; ; newcomer++) {
        const step = turns.toTheEnd(newcomer);
        if (!step || !(await act(step))) return;
      }
    },
  };
}
