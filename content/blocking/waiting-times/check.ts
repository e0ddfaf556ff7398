/**
 * Checks that the server says how long each call waited. What is too short and too long is known however
 * busy the computer is. A call has begun once the server is at rest, so it has waited at least from then
 * until somebody does what it waits for. And it can’t have begun before what let the server go on to it was
 * done, nor have ended after its line was seen.
 */
import type { Check, Kit, Peer, Stage, Step } from '../../../sandbox-server/guest/check/kit.ts';

/** Clocks tick, and numbers are rounded: so much may be wrong, in milliseconds. */
const TOLERANCE = 5;
/** Whoever comes so that a pair is complete. */
const NEWCOMER = 6;

/** A line about a call. */
interface Told {
  readonly call: 'accept' | 'recv';
  /** Its descriptor; of accept4() none is told. */
  readonly fd: string | undefined;
  readonly waited: number;
}

function told(lines: readonly string[]): Told[] {
  return lines.flatMap((line) => {
    const match = /^(?:accept4\(\)|recv\((\d{1,9})\)) waited (\d{1,15}(?:\.\d{1,9})?) ms\r?$/.exec(
      line,
    );
    if (!match) return [];
    const [, fd, waited] = match;
    return [{ call: fd === undefined ? 'accept' : 'recv', fd, waited: Number(waited) } as const];
  });
}

export default function check({ Turns, Unmet, pieces, visits }: Kit): Check {
  /** When somebody last let the server go on. */
  let goesOnAt = performance.now();

  /** Everybody has what the server has read of them, and whoever is done has seen the end. */
  async function areServed(stage: Stage, turns: InstanceType<typeof Turns<Peer>>): Promise<void> {
    for (const peer of stage.peers) {
      if (!peer.reading || peer.left) continue;
      const answers = turns.read(peer).map((text) => `You said: ${text}`);
      await stage.receives('answers', peer, answers.join(''));
      if (turns.isOver(peer)) await stage.ends('ends', peer);
    }
  }

  return {
    expectations: {
      answers: 'everybody is answered when it is their turn',
      accept: 'after each accept4() there is a line that says how long it waited',
      recv: 'after each recv() there is a line that says how long it waited',
      'whose-recv': 'the line about a recv() has the descriptor of its connection',
      'not-less': 'a line says no less than the call has waited',
      'not-more': 'a line says no more than the call has waited',
      ends: 'the connection of a client who is done ends',
    },
    steps: visits({
      peers: 3,
      texts: pieces(),
      deeds: ['half-closes', 'resets', 'stops reading', 'reads again'],
      silence: 400,
      longest: 16,
    }),
    examples: [
      [
        { does: 'connects', peer: 0 },
        { does: 'is silent', peer: 0, time: 400 },
        { does: 'connects', peer: 1 },
        { does: 'is silent', peer: 0, time: 300 },
        { does: 'sends', peer: 0, text: 'a' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'sends', peer: 1, text: 'b\n' },
        { does: 'is silent', peer: 0, time: 400 },
        { does: 'is silent', peer: 1, time: 400 },
        { does: 'sends', peer: 0, text: 'a\na\na\n' },
      ],
      [
        { does: 'connects', peer: 0 },
        { does: 'connects', peer: 1 },
        { does: 'sends last', peer: 1, text: 'b\n' },
        { does: 'resets', peer: 0 },
      ],
    ],
    async play(stage, steps) {
      const { program } = stage;
      const turns = new Turns<Peer>(2);
      const descriptors = new Map<Peer, string>();
      let lines = told(program.lines).length;
      /** Since when the call that waits is known to wait; undefined if it is not known. */
      let waitsSince: number | undefined;

      /** The line about a call: it must be the next one. */
      async function isTold(call: Told['call'], { name }: Peer): Promise<Told> {
        const which = call === 'accept' ? 'accept4()' : `recv() on ${name}’s connection`;
        const expected = `the server prints how long ${which} waited`;
        await stage.must(
          call,
          expected,
          () => told(program.lines).length > lines,
          () => 'no such line came',
        );
        const line = told(program.lines)[lines++];
        if (line?.call === call) return line;
        throw new Unmet(call, expected, 'the next line is about another call');
      }

      function isWhose(peer: Peer, fd = ''): void {
        const before = descriptors.get(peer);
        const other = [...descriptors].find(([each, its]) => each !== peer && its === fd);
        descriptors.set(peer, fd);
        if (before !== undefined && before !== fd) {
          throw new Unmet('whose-recv', `the line is about recv(${before})`, `it is recv(${fd})`);
        }
        if (!other) return;
        const expected = `the line has the descriptor of ${peer.name}’s connection`;
        throw new Unmet('whose-recv', expected, `it has that of ${other[0].name}’s`);
      }

      async function act(step: Step): Promise<boolean> {
        if (step.does === 'is silent') {
          const rested = await stage.settle();
          if (rested) waitsSince ??= performance.now();
          return (await stage.act(step)) !== undefined;
        }
        const now = performance.now();
        const peer = await stage.act(step);
        if (!peer) return false;
        for (const [index, { call, peer: whose, over }] of turns.did(step, peer).entries()) {
          const { fd, waited } = await isTold(call, whose);
          if (call === 'recv') isWhose(whose, fd);
          if (over) descriptors.delete(whose);
          const which = call === 'accept' ? 'accept4()' : `recv(${fd ?? ''})`;
          const first = index === 0;
          const least = first && waitsSince !== undefined ? now - waitsSince : 0;
          const most = performance.now() - (first ? goesOnAt : now);
          const seen = `its line says ${waited} ms`;
          if (waited < Math.floor(least) - TOLERANCE) {
            const expected = `${which} has waited ${Math.floor(least)} ms or more`;
            throw new Unmet('not-less', expected, seen);
          }
          if (waited > Math.ceil(most) + TOLERANCE) {
            const expected = `${which} has waited ${Math.ceil(most)} ms at most`;
            throw new Unmet('not-more', expected, seen);
          }
          if (!first) continue;
          waitsSince = undefined;
          goesOnAt = now;
        }
        await areServed(stage, turns);
        return true;
      }

      for (const step of steps) await act(step);
      // Ends and errors count as well, and those who come next.
      for (let newcomer = NEWCOMER; ; newcomer++) {
        const step = turns.toTheEnd(newcomer);
        if (!step || !(await act(step))) return;
      }
    },
  };
}
