/** Checks that long lines are refused, once, in time, and at no other line’s expense. */
import type { Check, Kit, Peer } from '../../../sandbox-server/guest/check/kit.ts';

const MAX_LINE = 1024;
const TOO_LONG = 'That line is too long.\n';
const FITS = 'a'.repeat(MAX_LINE);
const LONG = 'a'.repeat(MAX_LINE + 1);
/** Many lines in one segment, together longer than one may be. */
const MANY = 'ab\n'.repeat(500);

function times(text: string, part: string): number {
  return text.split(part).length - 1;
}

export default function check({ fc, pieces, rot13, visits }: Kit): Check {
  function answers(peer: Peer): string {
    const lines = peer.sent.split('\n');
    const last = lines.pop() ?? '';
    const whole = lines.map((line) => (line.length > MAX_LINE ? TOO_LONG : `${rot13(line)}\n`));
    return whole.join('') + (last.length > MAX_LINE ? TOO_LONG : '');
  }

  /** Which expectation it is that a peer’s answers do not meet. */
  function reason(peer: Peer): string {
    const lines = peer.sent.split('\n');
    const { received } = peer;
    const more = times(received, TOO_LONG) - times(answers(peer), TOO_LONG);
    if (!lines.some((line) => line.length > MAX_LINE)) {
      return lines.some((line) => line.length === MAX_LINE) ? 'limit' : 'answers';
    }
    if (peer.ended || peer.error !== undefined) return 'goes-on';
    if (more > 0) return 'says-so-once';
    if (more < 0) return (lines.at(-1) ?? '').length > MAX_LINE ? 'says-so-early' : 'says-so';
    return received.length > answers(peer).length ? 'drops-the-rest' : 'goes-on';
  }

  return {
    expectations: {
      answers: 'every line that is short enough is answered',
      limit: 'a line of 1,024 bytes is short enough',
      'says-so': 'a line that is too long gets an answer that says so',
      'says-so-early': 'the answer comes with the 1,025th byte, not with the end of the line',
      'says-so-once': 'the answer comes once for each such line',
      'drops-the-rest': 'the rest of a line that is too long is no line of its own',
      'goes-on': 'the next line is answered as usual',
      ends: 'the connection of a client who is done ends',
    },
    steps: visits({
      peers: 3,
      texts: fc.oneof(
        { weight: 3, arbitrary: pieces() },
        {
          weight: 4,
          arbitrary: fc.constantFrom(
            ...[FITS, LONG, `${FITS}\n`, `${LONG}\n`, `${LONG}\nab\n`, MANY, 'a'.repeat(600)],
          ),
        },
      ),
      deeds: ['half-closes', 'resets'],
    }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\n' },
        { does: 'sends', peer: 0, text: MANY },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: `${FITS}\n` },
        { does: 'sends', peer: 0, text: `${LONG}\n` },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: LONG },
        { does: 'sends', peer: 0, text: 'ab\n' },
        { does: 'sends', peer: 0, text: 'ab\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: LONG },
        { does: 'sends', peer: 0, text: 'ab' },
        { does: 'sends', peer: 0, text: LONG },
        { does: 'sends', peer: 0, text: 'ab\n' },
        { does: 'sends', peer: 0, text: 'ab\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: `${LONG}\nab\n` },
        { does: 'half-closes', peer: 0 },
      ],
    ],
    async play(stage, steps) {
      for (const step of steps) {
        const peer = await stage.act(step);
        if (!peer || peer.left) continue;
        await stage.receives(() => reason(peer), peer, answers(peer));
        // Or pieces of a line would come to the server as one.
        await stage.isHeard(peer);
        if (peer.halfClosed) await stage.ends('ends', peer);
      }
      // Something that must not come may come late.
      await stage.settle();
      for (const peer of stage.peers) {
        if (peer.isOpen) await stage.receives(() => reason(peer), peer, answers(peer));
      }
    },
  };
}
