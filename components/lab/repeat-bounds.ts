/**
 * Bounds how often a terminal repeats what a program prints. Some control sequences of ECMA-48, 8.3, are
 * carried out one at a time, as often as their parameter says, which can be 2,147,483,647: xterm would
 * freeze the page. More of them than the screen has lines or columns makes no difference. Pure.
 */

/** What a count is bounded by. */
export interface ScreenSize {
  readonly cols: number;
  readonly rows: number;
}

/** DL, IL, SU and SD are about lines. */
const OF_LINES = new Set(['M', 'L', 'S', 'T']);
/** CHT and CBT are about columns. */
const OF_COLUMNS = new Set(['I', 'Z']);

/** The most that a count of a control sequence with this final byte does; undefined for all others. */
export function mostRepeats(final: string, { cols, rows }: ScreenSize): number | undefined {
  if (OF_LINES.has(final)) return rows;
  return OF_COLUMNS.has(final) ? cols : undefined;
}

/** Every sequence whose count is bounded, by its final byte. */
export const BOUNDED_FINALS: readonly string[] = [...OF_LINES, ...OF_COLUMNS];

/** No sequence that means something is longer; one that is held for its end can’t be kept for ever. */
const LONGEST_SEQUENCE = 256;

// A sequence, with the control characters that a terminal carries out in the middle of one; or as much
// of it as has come. ESC, CAN and SUB break it off.
const SEQUENCE =
  /(?:\u001b\[|\u009b)([\u0000-\u0017\u0019\u001c-\u003f\u007f]*)([\u0040-\u007e]?)/g;
const CONTROLS = /[\u0000-\u001f\u007f]/g;
const COUNT = /^(\d+)/;

/** Clamps the counts of a stream of text, however it comes in chunks. */
export class RepeatBounds {
  #held = '';

  /**
   * Takes the next text.
   * @returns what to show of it by now: a sequence that has only begun waits for its end
   */
  take(text: string, size: ScreenSize): string {
    const all = this.#held + text;
    this.#held = '';
    const clamped = all.replaceAll(
      SEQUENCE,
      (whole: string, body: string, final: string, at: number) => {
        if (final === '') {
          if (at + whole.length < all.length) return whole;
          // What is longer is dropped with what comes: the rest of it is then only text.
          if (whole.length <= LONGEST_SEQUENCE) this.#held = whole;
          return '';
        }
        const most = mostRepeats(final, size);
        const count = COUNT.exec(body.replaceAll(CONTROLS, ''))?.[1];
        if (most === undefined || count === undefined || Number(count) <= most) return whole;
        const controls = body.match(CONTROLS)?.join('') ?? '';
        return `${controls}\u001b[${most}${final}`;
      },
    );
    // An ESC before a sequence that is held begins nothing.
    if (this.#held !== '' || !clamped.endsWith('\u001b')) return clamped;
    this.#held = '\u001b';
    return clamped.slice(0, -1);
  }
}

/**
 * Cuts text into pieces, none within a character. A terminal lets the page breathe between what it is
 * given piece by piece, and a piece can hold only so many sequences.
 */
export function* pieces(text: string, length: number): Generator<string> {
  for (let at = 0; at < text.length;) {
    const isPair = (text.codePointAt(at + length - 1) ?? 0) > 0xffff;
    const end = at + length + (isPair ? 1 : 0);
    yield text.slice(at, end);
    at = end;
  }
}
