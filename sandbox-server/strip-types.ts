/** Takes the types out of TypeScript, and says where a text is no TypeScript. */
import { stripTypeScriptTypes } from 'node:module';
import { isAbsolute, relative } from 'node:path';
import { ROOT } from '../project.ts';

/** A text that can't be read as TypeScript without types: where, the line with a mark, and why. */
export class SyntaxMistake extends Error {
  override name = 'SyntaxMistake';
}

/** A path as an author calls it: from the project's folder, if it is in there. */
export function pathInProject(path: string): string {
  const within = relative(ROOT, path);
  return within.startsWith('..') || isAbsolute(within) ? path : within;
}

/**
 * Where the mistake is. Node tells it only at the head of the stack: `:LINE`, then that line between its
 * neighbours, and marks below it.
 */
function excerptOf(stack: string, text: string): { place: string; lines: string[] } {
  const [head = '', ...below] = stack.split('\n');
  const line = /:(\d+)$/.exec(head)?.[1];
  if (line === undefined) return { place: '', lines: [] };
  const marks = below.findIndex((each) => /^ *\^+$/.test(each));
  const marked = below[marks - 1];
  const mark = below[marks];
  if (marked === undefined || mark === undefined) {
    // The mistake is that the text ends.
    const source = text.split('\n')[Number(line) - 1] ?? '';
    return { place: `:${line}`, lines: source.trim() === '' ? [] : [source] };
  }
  // Node puts four blanks for a tab: the column is that of the text itself.
  const source = text.split('\n')[Number(line) - 1] ?? marked;
  const column = mark.indexOf('^') + 1 - (marked.length - source.length);
  return { place: `:${line}:${column}`, lines: [marked, mark] };
}

/**
 * The same text without its types; line and column numbers stay.
 * @param path the file it is from, for the message
 * @throws SyntaxMistake
 */
export function stripTypes(text: string, path: string): string {
  try {
    return stripTypeScriptTypes(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { place, lines } = excerptOf(error.stack ?? '', text);
    const message = `${pathInProject(path)}${place}: ${error.message.replace(/\.$/, '')}`;
    throw new SyntaxMistake([message, ...lines.map((line) => `  ${line}`)].join('\n'), {
      cause: error,
    });
  }
}
