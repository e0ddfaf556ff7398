/**
 * Reads a program that somebody else wrote: takes its types out, says where it is no program, and finds
 * what it imports. It may take as long as it likes, or take everything with it: so it is done in a process
 * of its own, see check.ts.
 */
import { stripTypeScriptTypes } from 'node:module';
import { SourceTextModule } from 'node:vm';
import { importsIn, linesOf, placeOf, treeOf, type Import, type Place } from './imports.ts';

/** What is wrong with a text. */
export interface Mistake extends Place {
  readonly message: string;
}

/** A text as it has been read. */
export type Reading =
  | {
      readonly kind: 'program';
      /** The text without its types; its lines and columns are those of the text. */
      readonly code: string;
      readonly imports: readonly Import[];
    }
  | { readonly kind: 'mistake'; readonly mistake: Mistake }
  /** Node’s parser has failed, and is not to be asked anything again. */
  | { readonly kind: 'broken'; readonly mistake: Mistake };

/** The codes of the errors by which Node says what is wrong, and goes on. */
const MISTAKES = ['ERR_INVALID_TYPESCRIPT_SYNTAX', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'];
const TOO_DEEP: Mistake = {
  line: 1,
  column: 1,
  message: 'The program nests brackets, or the like, more deeply than can be read',
};
const LONGEST_MESSAGE = 300;

function inWords({ message }: Error): string {
  const [line = ''] = message.split('\n');
  return line
    .replace(/ in strip-only mode$/, ': types are taken out, and nothing is put in their place')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, ' ')
    .replace(/\.$/, '')
    .slice(0, LONGEST_MESSAGE);
}

/**
 * The same text in characters that are one column wide each: Node marks a mistake below the line that it
 * is in, in the columns of a terminal.
 */
function inOneWidth(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\n]/g, (unit) => (/\s/.test(unit) ? ' ' : 'x'));
}

function withoutTypes(text: string): string | Error {
  try {
    return stripTypeScriptTypes(text);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function isMistake(error: Error): boolean {
  return 'code' in error && MISTAKES.includes(String(error.code));
}

/**
 * Where Node’s mark is. It is only in the stack: `:LINE`, then that line between its neighbours, and marks
 * below it. Without a mark, the mistake is that the text ends.
 */
function markedPlace({ stack = '' }: Error, text: string): Place {
  const [head = '', ...below] = stack.split('\n');
  const line = Number(/:(\d+)$/.exec(head)?.[1] ?? 1);
  const source = linesOf(text)[line - 1] ?? '';
  const at = below.findIndex((each, index) => {
    return each === source && /^ *\^+$/.test(below[index + 1] ?? '');
  });
  const mark = at < 0 ? -1 : (below[at + 1] ?? '').indexOf('^');
  if (mark >= 0) return { line, column: mark + 1 };
  // What goes over several lines is marked at their beginnings.
  const begins = below.some((each) => each.startsWith('  > '));
  return { line, column: begins ? source.search(/\S|$/) + 1 : source.length + 1 };
}

function mistakeIn(text: string, error: Error): Mistake {
  const message = inWords(error);
  const wide = inOneWidth(text);
  const again = wide === text ? error : withoutTypes(wide);
  // A character that is a mistake by itself is none any more.
  const same = typeof again !== 'string' && isMistake(again) && again.message === error.message;
  return { ...(same ? markedPlace(again, wide) : markedPlace(error, text)), message };
}

/**
 * Reads a text.
 * @param text its lines end with `\n`
 */
export function readProgram(text: string): Reading {
  const code = withoutTypes(text);
  if (typeof code !== 'string') {
    if (!isMistake(code)) return { kind: 'broken', mistake: TOO_DEEP };
    return { kind: 'mistake', mistake: mistakeIn(text, code) };
  }
  const tree = treeOf(code);
  try {
    // Does not run it. Node finds mistakes here that it lets pass when it takes types out.
    new SourceTextModule(code);
  } catch (error) {
    if (!(error instanceof SyntaxError)) return { kind: 'mistake', mistake: TOO_DEEP };
    const place = placeOf(code, typeof tree === 'number' ? tree : 0);
    return { kind: 'mistake', mistake: { ...place, message: inWords(error) } };
  }
  return { kind: 'program', code, imports: typeof tree === 'object' ? importsIn(tree, code) : [] };
}
