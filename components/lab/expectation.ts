/** Whether a step's expectation holds by now, and in which words to say so. Pure. */
import type { Expectation } from '../../content/lab.ts';
import type { TextLog } from './transcript.ts';

/** What the scenario player can see of a lab. */
export interface Scene {
  /** What a client has received from the server, or `undefined` if there is no such client. */
  received(client: string): TextLog | undefined;
  /** What a program has printed. */
  printed(program: string): TextLog | undefined;
  /** Whether a client's process has ended. */
  ended(client: string): boolean;
}

/** The positions of every stream at the start of a step: what came before is no business of it. */
export interface Marks {
  readonly received: ReadonlyMap<string, number>;
  readonly printed: ReadonlyMap<string, number>;
}

/** How an expectation stands. */
export interface Verdict {
  readonly state: 'holds' | 'waiting' | 'failed';
  /** What should be seen, in words. */
  readonly expected: string;
  /** What is seen, in words. */
  readonly seen: string;
}

/** Text as a reader can see it: quoted, with its line ends and control characters visible. */
export function quote(text: string): string {
  const visible = text.replaceAll('\n', '⏎').replace(/[\u0000-\u001f\u007f]/g, (character) => {
    const code = character.charCodeAt(0);
    return String.fromCodePoint(code === 0x7f ? 0x2421 : 0x2400 + code);
  });
  return `“${visible.length > 200 ? `${visible.slice(0, 200)}…` : visible}”`;
}

function quantity(text: string, verb: string): string {
  return text === '' ? `${verb} nothing` : `${verb} ${quote(text)}`;
}

/** The positions that a step with these expectations has to remember. */
export function markPositions(scene: Scene, expectations: readonly Expectation[]): Marks {
  const received = new Map<string, number>();
  const printed = new Map<string, number>();
  for (const expectation of expectations) {
    if ('program' in expectation) {
      printed.set(expectation.program, scene.printed(expectation.program)?.end ?? 0);
    } else {
      received.set(expectation.client, scene.received(expectation.client)?.end ?? 0);
    }
  }
  return { received, printed };
}

/**
 * Judges one expectation.
 * @param elapsed milliseconds since the step's action was done
 */
export function judge(
  expectation: Expectation,
  scene: Scene,
  marks: Marks,
  elapsed: number,
): Verdict {
  if ('program' in expectation) {
    const { program, prints } = expectation;
    const text = scene.printed(program)?.since(marks.printed.get(program) ?? 0) ?? '';
    return {
      state: text.includes(prints) ? 'holds' : 'waiting',
      expected: `the ${program} prints ${quote(prints)}`,
      seen: `the ${program} ${quantity(text, 'printed')}`,
    };
  }
  const { client } = expectation;
  if ('ends' in expectation) {
    const ended = scene.ended(client);
    return {
      state: ended ? 'holds' : 'waiting',
      expected: `${client}’s connection is closed from both sides`,
      seen: ended ? 'it is closed' : 'it is still open',
    };
  }
  const text = scene.received(client)?.since(marks.received.get(client) ?? 0) ?? '';
  const seen = `${client} ${quantity(text, 'received')}`;
  if ('receives' in expectation) {
    const { receives } = expectation;
    const expected = `${client} receives exactly ${quote(receives)}`;
    if (text === receives) return { state: 'holds', expected, seen };
    // What can no longer become the expected text, more of it included, need not be waited for.
    return { state: receives.startsWith(text) ? 'waiting' : 'failed', expected, seen };
  }
  const { receivesNothingFor } = expectation;
  const expected = `${client} receives nothing for ${receivesNothingFor} ms`;
  if (text !== '') return { state: 'failed', expected, seen };
  return { state: elapsed >= receivesNothingFor ? 'holds' : 'waiting', expected, seen };
}
