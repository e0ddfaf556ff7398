/**
 * Checks that the server naps, and that nobody waits for it. Both are measured without a clock’s verdict on a
 * busy computer: of each the time is left out that the server, or this checker, had to wait for a processor.
 * What is left of the processor time is the part that the server takes of a processor to itself: all of it
 * without a nap. What is left of the time until an answer are the naps in it. A single answer may still be
 * late for a reason that nobody counts, so the middle one of several is taken.
 */
import type { Check, Kit, Peer, Stage } from '../../../sandbox-server/guest/check/kit.ts';

/** Part of a processor that the server may use while nobody says anything. */
const MOST_PART = 0.5;
/** Milliseconds until an answer. */
const MOST_DELAY = 20;
/** How often somebody asks, each time in the nap after the answer. */
const TIMES = 5;
/** How many join who say nothing, and the number of the first. */
const CROWD = { first: 10, count: 8 };
/** Milliseconds. */
const SILENCES = [180, 300, 420];
/** Far more than the server reads at once. */
const LONG_TEXT = `${'a'.repeat(127)}\n`.repeat(128);
/** How often the server may look without an answer. */
const WAITING = { turns: 200 };

export default function check({ Unmet, pieces, rot13, visits }: Kit): Check {
  async function isAnswered(stage: Stage, peer: Peer): Promise<void> {
    await stage.receives('answers', peer, rot13(peer.sent), WAITING);
  }

  /** Milliseconds from a text to its answer. */
  async function delay(stage: Stage, peer: Peer, text: string): Promise<number> {
    // Whoever is quick enough is heard before it.
    await stage.isAsleep();
    const milliseconds = await stage.delay(peer, text, peer.sent.length + text.length);
    await isAnswered(stage, peer);
    return milliseconds;
  }

  function isInTime(expectation: string, delays: readonly number[]): void {
    const middle = delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)] ?? 0;
    if (middle < MOST_DELAY) return;
    throw new Unmet(
      expectation,
      `most answers come within ${MOST_DELAY} milliseconds`,
      `they came after ${delays.map((each) => Math.round(each)).join(', ')} milliseconds`,
    );
  }

  /** Somebody asks again and again, right after the last answer. */
  async function ask(stage: Stage, expectation: string, peer: Peer): Promise<void> {
    stage.tell(`${peer.name} sends "ab\\n" ${TIMES} times, each after the answer to the last.`);
    const delays: number[] = [];
    while (delays.length < TIMES) delays.push(await delay(stage, peer, 'ab\n'));
    isInTime(expectation, delays);
  }

  async function mustNap(stage: Stage): Promise<void> {
    stage.tell('Nobody does anything for a while.');
    const part = await stage.partOfProcessor();
    if (part <= MOST_PART) return;
    throw new Unmet(
      'naps',
      `the server uses at most ${MOST_PART * 100}% of a processor`,
      `it used ${Math.round(part * 100)}%`,
    );
  }

  return {
    expectations: {
      answers: 'everybody is answered, whoever else is silent',
      ends: 'the connection of a client who is done ends',
      naps: 'the server uses at most half of a processor while nobody says anything',
      'in-time': 'an answer comes within 20 milliseconds',
      'in-time-in-a-crowd': 'an answer comes just as fast when there are many clients',
      'in-time-after-a-silence': 'an answer comes just as fast after a silence',
      'in-time-for-much': 'an answer to a long text comes just as fast',
    },
    steps: visits({ peers: 3, texts: pieces(), deeds: ['half-closes', 'resets'], longest: 12 }),
    examples: [
      [{ does: 'connects', peer: 0 }],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'ab' },
        { does: 'half-closes', peer: 1 },
      ],
    ],
    async play(stage, steps) {
      for (const step of steps) {
        const peer = await stage.act(step);
        if (!peer || peer.left) continue;
        await isAnswered(stage, peer);
        if (peer.halfClosed) await stage.ends('ends', peer, WAITING);
      }
      const speaker =
        stage.peers.find((peer) => peer.canSend) ??
        (await stage.act({ does: 'connects', peer: CROWD.first - 1 }));
      if (!speaker) return;
      await mustNap(stage);
      await ask(stage, 'in-time', speaker);
      const late: number[] = [];
      for (const milliseconds of SILENCES) {
        await stage.silence(milliseconds);
        stage.tell(`${speaker.name} sends "ab\\n".`);
        late.push(await delay(stage, speaker, 'ab\n'));
      }
      isInTime('in-time-after-a-silence', late);
      stage.tell(`${speaker.name} sends 16,384 bytes at once, three times.`);
      const long: number[] = [];
      while (long.length < 3) long.push(await delay(stage, speaker, LONG_TEXT));
      isInTime('in-time-for-much', long);
      const crowd = await stage.crowd(CROWD.first, CROWD.count);
      stage.tell('Each of them sends "ab\\n".');
      for (const peer of crowd) peer.send('ab\n');
      for (const peer of crowd) await isAnswered(stage, peer);
      await ask(stage, 'in-time-in-a-crowd', speaker);
      await mustNap(stage);
    },
  };
}
