/** Which lines of an exercise stand around the part that is to be changed. Pure. */
import type { Lines } from '../../lab/exercise.ts';

/** Fewer lines than this are no trouble to read past. */
const FEWEST = 3;

/**
 * The lines before and after the part to be changed, as far as they are still the book’s.
 * @param text the reader’s version
 * @param original the book’s, which `change` counts the lines of
 */
export function aroundChange(text: string, original: string, { first, last }: Lines): Lines[] {
  const [own, books] = [text.split('\n'), original.split('\n')];
  const after = books.length - last;
  const isBefore = books.slice(0, first - 1).every((line, index) => line === own[index]);
  const isAfter =
    after > 0 && books.slice(last).join('\n') === own.slice(own.length - after).join('\n');
  const around = [
    ...(isBefore ? [{ first: 1, last: first - 1 }] : []),
    ...(isAfter && own.length - after >= first - 1
      ? [{ first: own.length - after + 1, last: own.length }]
      : []),
  ];
  return around.filter((lines) => lines.last - lines.first + 1 >= FEWEST);
}
