/** Checks that every line is said twice, and that no answer is written over another that is not sent. */
import type { Check, Kit } from '../../../sandbox-server/guest/check/kit.ts';

/** Many lines in one segment, each another. */
const MANY = Array.from({ length: 300 }, (_, index) => `line ${index}\n`).join('');

function capitals(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase());
}

export default function check({ fc, pieces, visits, wholeLines }: Kit): Check {
  function answers(sent: string): string {
    const lines = wholeLines(sent).split('\n').slice(0, -1);
    return lines.map((line) => `${line}\n${capitals(line)}\n`).join('');
  }

  return {
    expectations: {
      twice: 'a line comes back twice: as it was sent, and in capitals',
      'goes-on': 'the lines after that come back in the same way',
      'at-once': 'lines that come together each have their own two answers',
      ends: 'the connection of a client who is done ends',
    },
    steps: visits({
      peers: 3,
      texts: fc.oneof(
        { weight: 4, arbitrary: pieces() },
        { weight: 1, arbitrary: fc.constant(MANY) },
      ),
      deeds: ['half-closes', 'resets'],
    }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\n' },
        { does: 'sends', peer: 0, text: 'n\n' },
        { does: 'sends', peer: 0, text: 'Z\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\nn\nZ a\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 0, text: MANY },
        { does: 'sends', peer: 1, text: 'ab\n' },
        { does: 'half-closes', peer: 0 },
      ],
    ],
    async play(stage, steps) {
      for (const step of steps) {
        const peer = await stage.act(step);
        if (!peer || peer.left) continue;
        const lines = wholeLines(peer.sent).split('\n').length - 1;
        const together = 'text' in step && step.text.split('\n').length > 2;
        const reason = together ? 'at-once' : lines > 1 ? 'goes-on' : 'twice';
        await stage.receives(reason, peer, answers(peer.sent));
        if (peer.halfClosed) await stage.ends('ends', peer);
      }
    },
  };
}
