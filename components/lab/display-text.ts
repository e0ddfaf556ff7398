/**
 * What a terminal shows of the characters that a program prints. Some do something to those around them,
 * in any number: a program could turn a line round so that it reads as another, or pile so many marks on
 * one character that drawing it freezes the page. Pure.
 */

/** Embeddings, overrides and isolates: UAX #9, 2. Cells of a terminal stand from left to right. */
const TURNS_TEXT = /[\u202a-\u202e\u2066-\u2069]/g;
/** As for what can’t be decoded. */
const REPLACEMENT = '\ufffd';

/** Characters that a terminal puts into the cell before them, and more: marks, joiners, medial jamo. */
const MARKS = /[\p{M}\p{Cf}\u1160-\u11ff]+/gu;
/** More than any text has on one character: the Stream-Safe Text Format of UAX #15, 13. */
const MOST_MARKS = 30;

/** Makes text fit to be shown, however it comes in chunks. */
export class DisplayText {
  /** How many marks the text so far ends with. */
  #marks = 0;

  /** Takes the next text, which begins and ends with whole characters. */
  take(text: string): string {
    if (text === '') return '';
    const begun = this.#marks;
    this.#marks = 0;
    return text
      .replace(TURNS_TEXT, REPLACEMENT)
      .replace(MARKS, (marks, at: number, all: string) => {
        const characters = Array.from(marks);
        const before = at === 0 ? begun : 0;
        if (at + marks.length === all.length) this.#marks = before + characters.length;
        return characters.slice(0, Math.max(0, MOST_MARKS - before)).join('');
      });
  }
}
