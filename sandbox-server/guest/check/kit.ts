/** What the check of an exercise is made from. It is handed over, so that a check imports nothing. */
import * as fc from 'fast-check';
import type { Stage, Step } from './stage.ts';
import { Turns } from './turns.ts';
import { Unmet } from './unmet.ts';

export type { Peer } from './peer.ts';
export type { Stage, Step } from './stage.ts';
export type { Stopwatch } from './undisturbed.ts';

/** A check: what is done to a program, and what it must do. */
export interface Check {
  /** What must be so, by a name for each, in words for the reader. */
  readonly expectations: Readonly<Record<string, string>>;
  /** Sequences that are always tried, before those from the seed: the shortest that show a mistake. */
  readonly examples: readonly (readonly Step[])[];
  /** What somebody sends who asks for much. */
  readonly much?: string;
  /** All sequences that may be. */
  readonly steps: fc.Arbitrary<Step[]>;
  /** Does the steps, and expects. @throws Unmet */
  play(stage: Stage, steps: readonly Step[]): Promise<void>;
}

/** What can be in a sequence. */
export interface Visits {
  /** How many peers there are. */
  readonly peers: number;
  /** What they send. */
  readonly texts: fc.Arbitrary<string>;
  /** What else they do, more often what is named more often. */
  readonly deeds: readonly Exclude<
    Step['does'],
    'sends' | 'sends last' | 'connects' | 'is silent'
  >[];
  /** How long somebody is silent at most, in milliseconds; undefined if nobody is. */
  readonly silence?: number;
  /** How many steps there are at most. */
  readonly longest?: number;
}

/** Random sequences of who does what. */
function visits({ peers, texts, deeds, silence, longest = 24 }: Visits): fc.Arbitrary<Step[]> {
  const peer = fc.integer({ min: 0, max: peers - 1 });
  const time = fc.integer({ min: 1, max: silence ?? 1 });
  const silent = fc.record({ does: fc.constant('is silent' as const), peer, time });
  const silences = silence === undefined ? [] : [{ weight: 1, arbitrary: silent }];
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ does: fc.constant('connects' as const), peer }) },
    {
      weight: 5,
      arbitrary: fc.record({ does: fc.constant('sends' as const), peer, text: texts }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ does: fc.constant('sends last' as const), peer, text: texts }),
    },
    { weight: 3, arbitrary: fc.record({ does: fc.constantFrom(...deeds), peer }) },
    ...silences,
  );
  return fc.array(step, { minLength: 1, maxLength: longest, size: 'max' });
}

/** Bytes as nobody types them: pieces of lines, many lines at once, NUL, CR and what is no ASCII. */
function pieces(longest = 12): fc.Arbitrary<string> {
  const unit = fc.constantFrom('a', 'b', '\n', 'Z', ' ', '\n', 'n', '\r', '\0', '\u00ff');
  return fc.string({ unit, minLength: 1, maxLength: longest });
}

/** Letters moved on by 13 places, every other byte as it is. */
function rot13(text: string): string {
  // Byte by byte and in place: a text may have millions of them, and what a check takes is set aside for it.
  const bytes = Buffer.from(text, 'latin1');
  for (const [at, byte] of bytes.entries()) {
    const letter = byte & ~0x20;
    if (letter >= 0x41 && letter <= 0x5a) bytes[at] = letter <= 0x4d ? byte + 13 : byte - 13;
  }
  return bytes.toString('latin1');
}

/** The lines of a text that have their end, with it. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

/** What every check is given. */
export const kit = { fc, visits, pieces, rot13, wholeLines, Turns, Unmet };

/** What every check is given. */
export type Kit = typeof kit;
/** What a lab’s `check.ts` exports. */
export type MakeCheck = (kit: Kit) => Check;
