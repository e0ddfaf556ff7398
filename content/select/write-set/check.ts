/** Checks that the server rests whenever it has nothing to do, and still sends all that it owes. */
import type { Check, Kit, Peer, Stage } from '../../../sandbox-server/guest/check/kit.ts';

/** Its answer is more than the kernel keeps for a client who doesn’t read: tcp(7), tcp_wmem. */
const MUCH = `${'a'.repeat(9_999)}\n`.repeat(600);

export default function check({ pieces, rot13, visits, wholeLines }: Kit): Check {
  const answers = (peer: Peer): string => rot13(wholeLines(peer.sent));

  /** Nobody asks for anything: the server must do nothing. */
  async function rests(stage: Stage): Promise<void> {
    const held = stage.peers.some((peer) => peer.isOpen && !peer.reading);
    const halves = stage.peers.some(
      (peer) => peer.isOpen && !peer.sent.endsWith('\n') && peer.sent,
    );
    if (held) {
      await stage.mustRest(
        'rests-behind-a-slow-client',
        'the server does nothing while nobody reads',
      );
    } else if (halves) {
      await stage.mustRest('rests-within-a-line', 'the server waits for the end of the line');
    } else {
      await stage.mustRest('rests', 'the server waits in select() and uses no processor time');
    }
  }

  async function isServed(stage: Stage, peer: Peer): Promise<void> {
    if (!peer.reading) return;
    await stage.receives('answers', peer, answers(peer));
    if (peer.halfClosed) await stage.ends('ends', peer);
  }

  return {
    expectations: {
      answers: 'every whole line is answered',
      'all-answers': 'a client who reads late gets all of its answers',
      ends: 'the connection of a client who is done ends, after all of its answers',
      rests: 'the server uses no processor time while nobody types',
      'rests-within-a-line':
        'the server uses no processor time while it waits for the end of a line',
      'rests-behind-a-slow-client':
        'the server uses no processor time while a client doesn’t read its answers',
    },
    much: MUCH,
    steps: visits({
      peers: 4,
      texts: pieces(),
      deeds: [
        'asks for much',
        'half-closes',
        'half-closes',
        'resets',
        'stops reading',
        'reads again',
      ],
    }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\na' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'stops reading', peer: 0 },
        { does: 'asks for much', peer: 0 },
        { does: 'sends', peer: 1, text: 'ab\n' },
        { does: 'reads again', peer: 0 },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'stops reading', peer: 0 },
        { does: 'asks for much', peer: 0 },
        { does: 'half-closes', peer: 0 },
        { does: 'reads again', peer: 0 },
      ],
    ],
    async play(stage, steps) {
      for (const step of steps) {
        const peer = await stage.act(step);
        if (!peer || peer.left) continue;
        if (step.does === 'asks for much' && !peer.reading) {
          await rests(stage);
        } else if (step.does === 'reads again') {
          await stage.receives('all-answers', peer, answers(peer));
          if (peer.halfClosed) await stage.ends('ends', peer);
        } else {
          await isServed(stage, peer);
        }
      }
      await rests(stage);
    },
  };
}
