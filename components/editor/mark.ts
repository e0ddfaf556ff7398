/** Places in a text at which something is wrong. */
import type { Text } from '@codemirror/state';

/** What is wrong at a place of a file, lines and columns from 1. */
export interface Mark {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Where a mark is in a text, whatever line and column somebody gave it: at least a character. */
export function rangeOf(
  doc: Text,
  { line, column }: Pick<Mark, 'line' | 'column'>,
): { from: number; to: number } {
  const { from, to, text } = doc.line(Math.min(Math.max(1, line), doc.lines));
  const start = Math.min(from + Math.max(0, column - 1), to);
  const word = /^[\w$]+/.exec(text.slice(start - from));
  const end = Math.min(to, start + (word?.[0].length ?? 1));
  // At the end of a line, where something is missing, the character before it is marked.
  return end > start ? { from: start, to: end } : { from: Math.max(from, to - 1), to };
}
