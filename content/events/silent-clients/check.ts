/**
 * Checks that the server hangs up on whoever is silent for a second, and on nobody else. A busy computer makes
 * a second long, so times are judged only where they are certain. Somebody was hung up on too early if the
 * clock says so, and the time for which the server waited for a processor makes no difference. Somebody is hung
 * up on too late if the server has had much more than a second without such waits, and has come to rest. What
 * lies between says nothing, and is done again.
 */
import type {
  Check,
  Kit,
  Peer,
  Stage,
  Stopwatch,
} from '../../../sandbox-server/guest/check/kit.ts';

/** Milliseconds after which the server may hang up, and some before: its clock stands still while it works. */
const EARLIEST = 800;
/** Milliseconds by which it must have. */
const LATEST = 1300;
/** From one byte of somebody who talks to the next, and from one look at all of them to the next. */
const GAP = 300;
const LOOK = 25;
/** How often somebody may have been hung up on because the computer was busy. */
const ATTEMPTS = 10;
/** Far more than the kernel keeps for a client who does not read: tcp(7), tcp_wmem. */
const MUCH = 'a'.repeat(6_000_000);
/** The numbers of those who come when all others have done their steps. */
const [TALKS, NEVER_SPEAKS, SPOKE_ONCE, READS_NOTHING, COMES_LATER, COMES_LAST] = [
  3, 4, 5, 6, 7, 8,
];

export default function check({ Unmet, pieces, rot13, visits }: Kit): Check {
  const isOver = (peer: Peer): boolean => peer.ended || peer.error !== undefined;

  /** Those who have connected, and since when nothing has come from them. */
  class Silences {
    readonly #stage: Stage;
    readonly #since = new Map<Peer, Stopwatch>();
    readonly #judged = new Set<Peer>();
    /** How long the silences before were, in milliseconds. */
    readonly #before = new Map<Peer, number>();

    constructor(stage: Stage) {
      this.#stage = stage;
    }

    /** Does something that breaks a silence. */
    async breaks<T extends Peer | undefined>(does: () => Promise<T> | T): Promise<T> {
      const watch = this.#stage.stopwatch();
      const peer = await does();
      if (peer) this.#begins(peer, watch);
      return peer;
    }

    #begins(peer: Peer, watch: Stopwatch): void {
      this.#before.set(peer, this.#since.get(peer)?.wall ?? 0);
      this.#since.set(peer, watch);
    }

    /** Whether the server may have hung up on a peer before it heard the end of the silence before. */
    mayBeLate(peer: Peer): boolean {
      const before = this.#before.get(peer) ?? 0;
      return before + (this.#since.get(peer)?.waited ?? 0) >= EARLIEST;
    }

    /** Milliseconds that a peer has been silent, without the time for which the server waited for a processor. */
    lengthOf(peer: Peer): number {
      return this.#since.get(peer)?.ofProgram ?? 0;
    }

    /** Whoever is seen to be hung up on now must have been silent for long enough. */
    judge(peer: Peer): void {
      const watch = this.#since.get(peer);
      if (!watch || peer.halfClosed || peer.left || !isOver(peer) || this.#judged.has(peer)) return;
      if (this.mayBeLate(peer)) return;
      this.#judged.add(peer);
      const { wall } = watch;
      if (wall + watch.waited >= EARLIEST) return;
      const talked = peer.sent.length > 1;
      throw new Unmet(
        talked ? 'talkers-stay' : 'not-early',
        `nobody hangs up on ${peer.name} within a second of silence`,
        `the connection was over ${Math.round(wall)} milliseconds after ${peer.name} had ${talked ? 'sent something' : 'connected'}`,
      );
    }
  }

  async function isServed(stage: Stage, peer: Peer, silences: Silences): Promise<void> {
    try {
      await stage.receives('answers', peer, rot13(peer.sent));
      if (peer.halfClosed) await stage.ends('ends', peer);
    } catch (error) {
      if (!isOver(peer)) throw error;
      silences.judge(peer);
      // On a busy computer a second is over before the next byte arrives.
      if (!silences.mayBeLate(peer)) throw error;
    }
  }

  /** One talks, others are silent. @returns whether the one who talks came through */
  async function scene(stage: Stage, silences: Silences): Promise<boolean> {
    const comes = async (peer: number): Promise<Peer> => {
      const who = await silences.breaks(() => stage.act({ does: 'connects', peer }));
      if (who?.connected !== true) throw new Unmet('answers', 'a client can connect', 'it can’t');
      return who;
    };
    const talker = await comes(TALKS);
    const never = await comes(NEVER_SPEAKS);
    const once = await comes(SPOKE_ONCE);
    await silences.breaks(() => stage.act({ does: 'sends', peer: SPOKE_ONCE, text: 'a' }));
    await isServed(stage, once, silences);
    const deaf = await comes(READS_NOTHING);
    await stage.act({ does: 'stops reading', peer: READS_NOTHING });
    await silences.breaks(() => stage.act({ does: 'asks for much', peer: READS_NOTHING }));
    stage.tell(`${talker.name} sends a byte every ${GAP} milliseconds.`);
    const silent = [never, once];
    for (let bytes = 1; ; bytes++) {
      await silences.breaks(() => {
        talker.send('a');
        return talker;
      });
      await isServed(stage, talker, silences);
      const gap = stage.stopwatch();
      while (gap.wall < GAP) {
        await stage.pause(LOOK);
        for (const peer of stage.peers) silences.judge(peer);
      }
      if (isOver(talker)) return false;
      if (bytes === 1) silent.push(await comes(COMES_LATER));
      if (bytes === 2) silent.push(await comes(COMES_LAST));
      if (bytes <= 2) continue;
      const all = [...silent, deaf];
      if (all.every((peer) => isOver(peer) || silences.lengthOf(peer) > LATEST)) break;
    }
    const hasSpoken = (peer: Peer): string => (peer.sent === '' ? 'never-spoke' : 'spoke-once');
    for (const peer of silent) {
      await stage.isOver(hasSpoken(peer), peer, { patience: 0 });
    }
    await stage.must(
      'reads-nothing',
      `the server closes the connection of ${deaf.name}, who takes nothing`,
      () => (stage.program.newSockets ?? 0) <= (isOver(talker) ? 0 : 1),
      () => 'it is still open',
      { patience: 0 },
    );
    return true;
  }

  return {
    expectations: {
      answers: 'everybody who sends something is answered',
      ends: 'the connection of a client who is done ends',
      'not-early': 'a client may be silent for a second',
      'talkers-stay': 'a client who goes on sending stays, byte by byte',
      'never-spoke': 'the server hangs up on a client who has never sent anything',
      'spoke-once': 'the server hangs up on a client who has sent something, and then nothing more',
      'reads-nothing': 'the server hangs up on a client who doesn’t take its answers',
    },
    much: MUCH,
    steps: visits({ peers: 3, texts: pieces(), deeds: ['half-closes', 'resets'], longest: 16 }),
    examples: [
      [{ does: 'connects', peer: 0 }],
      [
        { does: 'connects', peer: 0 },
        { does: 'sends', peer: 0, text: 'ab\n' },
        { does: 'half-closes', peer: 0 },
      ],
    ],
    async play(stage, steps) {
      const silences = new Silences(stage);
      for (const step of steps) {
        const peer = await silences.breaks(() => stage.act(step));
        if (peer && !peer.left) await isServed(stage, peer, silences);
      }
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await scene(stage, silences)) return;
        stage.clear();
      }
    },
  };
}
