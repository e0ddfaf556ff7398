/**
 * Parts of a program for the text around it. Pure. A part is marked in the program itself, so that
 * there is one copy of the code, the one that runs:
 *
 *     // #region serve-one
 *     …
 *     // #endregion
 */

const START = /^\s*\/\/ #region\s+(\S+)\s*$/;
const END = /^\s*\/\/ #endregion\b/;
const ANY_MARK = /^\s*\/\/ #(?:region|endregion)\b/;

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}

/** The lines that a reader sees: all but those that mark its parts. */
function shownLines(text: string): { line: string; number: number }[] {
  const kept: { line: string; number: number }[] = [];
  let removed = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (ANY_MARK.test(line)) {
      removed = true;
      continue;
    }
    // Where a mark stood between two empty lines, one is enough.
    if (removed && isBlank(line) && isBlank(kept.at(-1)?.line)) continue;
    removed = false;
    kept.push({ line, number: index + 1 });
  }
  return kept;
}

/** The program as a reader sees it: without the lines that mark its parts. */
export function withoutRegionMarks(text: string): string {
  return shownLines(text)
    .map(({ line }) => line)
    .join('\n');
}

/** The numbers of the lines, from 1, that {@link withoutRegionMarks} leaves out. */
export function unshownLines(text: string): number[] {
  const shown = new Set(shownLines(text).map(({ number }) => number));
  return text
    .split('\n')
    .map((_, index) => index + 1)
    .filter((number) => !shown.has(number));
}

/** Which line of the text as it is shown a line of the file is: for one that is not shown, the next. */
export function shownLine(line: number, unshown: readonly number[]): number {
  return line - unshown.filter((each) => each < line).length;
}

/** Lines of a text, counted from 1, both ends included. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/**
 * Where a marked part of a program is in the text as it is shown.
 * @param text a program whose marks make sense: {@link regionsOf}
 * @returns undefined if no part has this name
 */
export function shownLinesOf(text: string, region: string): Lines | undefined {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => START.exec(line)?.[1] === region);
  if (start < 0) return undefined;
  const end = lines.findIndex((line, at) => at > start && END.test(line));
  const unshown = unshownLines(text);
  return { first: shownLine(start + 1, unshown), last: shownLine(end + 1, unshown) - 1 };
}

/** Lines without the indentation that all of them share, and without empty ones at either end. */
export function unindent(lines: readonly string[]): string {
  const filled = lines.filter((line) => !isBlank(line));
  const indents = filled.map((line) => line.length - line.trimStart().length);
  const shared = Math.min(...indents);
  return lines
    .map((line) => line.slice(shared).trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
}

/**
 * Every marked part of a program, in order.
 * @param file what to call the program in a message
 * @throws Error when the marks do not make sense
 */
export function regionsOf(text: string, file: string): ReadonlyMap<string, string> {
  const regions = new Map<string, string>();
  let open: { name: string; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const place = `${file}:${index + 1}`;
    const name = START.exec(line)?.[1];
    if (name !== undefined) {
      if (open) throw new Error(`${place}: region “${name}” begins within region “${open.name}”.`);
      if (regions.has(name)) throw new Error(`${place}: there is a region “${name}” already.`);
      open = { name, lines: [] };
    } else if (END.test(line)) {
      if (!open) throw new Error(`${place}: no region is open here.`);
      if (open.lines.every(isBlank)) throw new Error(`${place}: region “${open.name}” is empty.`);
      regions.set(open.name, unindent(open.lines));
      open = undefined;
    } else if (ANY_MARK.test(line)) {
      throw new Error(`${place}: a region needs a name of one word: // #region NAME`);
    } else {
      open?.lines.push(line);
    }
  }
  if (open) throw new Error(`${file}: region “${open.name}” has no // #endregion.`);
  return regions;
}
