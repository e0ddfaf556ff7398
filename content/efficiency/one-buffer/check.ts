/**
 * Checks that a server keeps next to nothing for clients who are silent, and answers everybody all the same.
 * Memory is the program’s own and nobody else’s, so that what runs beside it makes no difference.
 */
import type { Check, Kit, Peer, Stage } from '../../../sandbox-server/guest/check/kit.ts';

const KiB = 1024;
/** What everybody sends who will be silent: less than is read at once. */
const LONG = `${'a'.repeat(59_999)}\n`;
/**
 * Its echo is more than the kernel keeps for a client who doesn’t read: tcp(7), tcp_wmem. No part of it is like
 * another, so that it shows when one is sent in the place of another.
 */
const MUCH = Array.from({ length: 60_000 }, (_, line) => `${line}${'b'.repeat(94)}\n`).join('');
/** Those before whom memory is not weighed: V8 compiles what they make the program do. */
const FIRST = { at: 100, count: 40 };
/** Those who are weighed: enough that what V8 does by itself is little beside what a buffer for each would be. */
const SILENT = { at: 200, count: 200 };
/** What each of them may cost. A buffer for each costs as much as they have sent. */
const MOST = 24 * KiB;

export default function check({ Unmet, pieces, visits }: Kit): Check {
  /** Many come, send a long text and have it back. They come one after another: it is not about speed. */
  async function talk(stage: Stage, { at, count }: typeof FIRST): Promise<Peer[]> {
    const peers = await stage.crowd(at, count);
    for (const peer of peers) {
      peer.send(LONG);
      await stage.receives('answers', peer, LONG);
    }
    return peers;
  }

  async function costsLittle(stage: Stage): Promise<void> {
    for (const peer of await talk(stage, FIRST)) peer.leave();
    await stage.settle();
    const before = stage.program.ownMemory;
    stage.tell(
      `Everybody of the next ${SILENT.count} sends a text of ${LONG.length} bytes, and has it back.`,
    );
    await talk(stage, SILENT);
    await stage.settle();
    const each = (stage.program.ownMemory - before) / SILENT.count;
    if (each <= MOST) return;
    throw new Unmet(
      'silence-is-cheap',
      `${SILENT.count} clients who are silent again cost at most ${MOST / KiB} KB each`,
      `they cost ${Math.round(each / KiB)} KB each`,
    );
  }

  return {
    expectations: {
      answers: 'everybody gets back what they send',
      'all-answers':
        'a client who sends much, or reads late, gets back all of it, and nobody else’s',
      ends: 'the connection of a client who is done ends',
      'silence-is-cheap': 'a client who has sent much and is silent now costs next to nothing',
    },
    much: MUCH,
    steps: visits({
      peers: 4,
      texts: pieces(),
      deeds: ['asks for much', 'half-closes', 'resets', 'stops reading', 'reads again'],
    }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'stops reading', peer: 0 },
        { does: 'asks for much', peer: 0 },
        { does: 'asks for much', peer: 1 },
        { does: 'reads again', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\n' },
        { does: 'half-closes', peer: 0 },
      ],
    ],
    async play(stage, steps) {
      for (const step of steps) {
        const peer = await stage.act(step);
        if (!peer || peer.left) continue;
        // What the kernel has not taken by then has to wait in the program.
        if (step.does === 'asks for much' && !peer.reading) await stage.settle();
        if (!peer.reading) continue;
        const isMuch = ['asks for much', 'reads again'].includes(step.does);
        await stage.receives(isMuch ? 'all-answers' : 'answers', peer, peer.sent);
        if (peer.halfClosed) await stage.ends('ends', peer);
      }
      for (const peer of stage.peers) peer.leave();
      await costsLittle(stage);
    },
  };
}
