/** The characters that the book's fonts have. What else is printed comes in a font of the reader's. */

function range(first: number, last: number): string {
  return Array.from({ length: last - first + 1 }, (_, index) =>
    String.fromCodePoint(first + index),
  ).join('');
}

/** Basic Latin and Latin-1, typographers' punctuation, and the ligatures that a font makes by itself. */
export const LATIN = `${range(0x20, 0x7e)}${range(0xa0, 0xff)}–—‘’“”‚„†•…′″‹›€™−ŒœŠšŽžŸﬁﬂ`;

/** Arrows, comparisons, ticks and lines, as code and terminals have them. */
export const SIGNS = '←↑→↓↔≤≥≠≈∞✓✗─│┌┐└┘├┤┬┴┼█';

/** What stands for a control character that a program prints: U+2400 to U+2421. */
export const CONTROL_PICTURES = range(0x2400, 0x2421);

/** The end of a line, in what a scenario expected and what came. No font for code has it. */
export const RETURN = '⏎';
