/** Checks that Ctrl-C ends the server, and that nobody loses an answer by it. */
import type { Check, Kit, Peer } from '../../../sandbox-server/guest/check/kit.ts';

/** Its answer is more than the kernel keeps for a client who doesn’t read: tcp(7), tcp_wmem. */
const MUCH = `100000 ${'b'.repeat(59)}\n`;
/** Nobody else has this number. */
const LATECOMER = 7;

export default function check({ Unmet, pieces, visits, wholeLines }: Kit): Check {
  function answers(peer: Peer): string {
    const answered = (line: string): string => {
      const [, times, words] = /^(\d+) (.*)$/.exec(line) ?? [];
      return times === undefined ? `${line}\n` : `${words ?? ''}\n`.repeat(Number(times));
    };
    const lines = wholeLines(peer.sent).split('\n').slice(0, -1);
    return lines.map(answered).join('');
  }

  return {
    expectations: {
      answers: 'every whole line is answered',
      ends: 'the connection of a client who is done ends',
      refuses: 'after Ctrl-C nobody else can connect',
      'idle-clients-end': 'after Ctrl-C the connection of a client who has all of its answers ends',
      owed: 'after Ctrl-C everybody gets the rest of their answers',
      'no-more': 'after Ctrl-C nothing more is answered',
      'owed-then-end': 'after the last answer the connection ends',
      exits: 'when the last connection is over, the server exits',
      'exits-with-0': 'the server exits with code 0',
    },
    much: MUCH,
    steps: visits({
      peers: 4,
      texts: pieces(),
      deeds: [
        'asks for much',
        'half-closes',
        'resets',
        'stops reading',
        'stops reading',
        'reads again',
      ],
    }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\na' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'connects', peer: 2 },
        { does: 'stops reading', peer: 0 },
        { does: 'asks for much', peer: 0 },
        { does: 'stops reading', peer: 1 },
        { does: 'asks for much', peer: 1 },
      ],
    ],
    async play(stage, steps) {
      const { program } = stage;
      for (const step of steps) {
        const peer = await stage.act(step);
        if (!peer?.reading || peer.left) continue;
        await stage.receives('answers', peer, answers(peer));
        if (peer.halfClosed) await stage.ends('ends', peer);
      }
      // So that the server has read whatever was sent: what it has not read is not owed.
      await stage.settle();
      const open = stage.peers.filter((peer) => peer.isOpen);
      const owed = new Map(open.map((peer) => [peer, answers(peer)]));
      const waiting = open.filter((peer) => !peer.reading);
      const idle = open.filter((peer) => peer.reading);

      stage.interrupt();
      for (const peer of idle) await stage.ends('idle-clients-end', peer, { mayEnd: true });
      await stage.settle();
      const late = await stage.act({ does: 'connects', peer: LATECOMER });
      if (late?.connected === true) {
        throw new Unmet('refuses', `${late.name} is refused`, `${late.name} is connected`);
      }
      for (const peer of waiting) {
        await stage.act({ does: 'sends', peer: stage.peers.indexOf(peer), text: 'no\n' });
      }
      for (const peer of waiting) {
        const all = owed.get(peer) ?? '';
        stage.tell(`${peer.name} reads again.`);
        peer.readAgain();
        await stage.receivesFirst('owed', peer, all);
        await stage.isOver('owed-then-end', peer);
        if (peer.receivedLength === all.length) continue;
        const more = peer.receivedLength - all.length;
        throw new Unmet('no-more', `${peer.name} receives nothing more`, `${more} more bytes came`);
      }
      await stage.must(
        'exits',
        'the server exits',
        () => program.over,
        () => 'it goes on running',
        { mayEnd: true },
      );
      if (program.exitCode !== 0) {
        throw new Unmet('exits-with-0', 'the server exits with code 0', `it ${program.endInWords}`);
      }
    },
  };
}
