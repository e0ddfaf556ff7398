/** Which of some names was meant by one that is none of them. */

/** How many letters have to be put in, taken out or changed to make `b` of `a`: Levenshtein’s distance. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** More changes than this make another word of it. */
const MOST_CHANGES = 3;

/** The name that is most like `name`; undefined when none is like it at all. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((each) => ({ each, far: distance(name, each) }))
    .filter(({ far }) => far <= MOST_CHANGES)
    .sort((a, b) => a.far - b.far);
  return best?.each;
}
