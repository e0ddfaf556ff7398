/** What somebody may have meant who wrote a word that isn't there. Pure. */

/** A word with more to put right than this was another word. */
const MOST_SLIPS = 3;

/** How many letters have to be put in, left out or exchanged to make one word of another. */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(to).entries()) {
      const exchanged = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(exchanged, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The word that was probably meant, if one is near: at least half of its letters are right. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = MOST_SLIPS + 1;
  for (const other of words) {
    const far = distance(word.toLowerCase(), other.toLowerCase());
    if (far >= least || far * 2 > Math.max(word.length, other.length)) continue;
    best = other;
    least = far;
  }
  return best;
}

/**
 * The question to add to a sentence about a word that isn't there.
 * @param words those that are
 * @returns ` Did you mean “…”?`, or nothing when no word is near
 */
export function didYouMean(word: string, words: Iterable<string>): string {
  const meant = nearest(word, words);
  return meant === undefined ? '' : ` Did you mean “${meant}”?`;
}

/**
 * Words in a sentence, each in quotation marks: `“a”, “b” or “c”`.
 * @param quote what puts other marks around one
 */
export function either(
  words: readonly string[],
  quote = (word: string): string => `“${word}”`,
): string {
  const quoted = words.map((word) => quote(word));
  const last = quoted.pop() ?? '';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}
