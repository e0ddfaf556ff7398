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

/** The program as a reader sees it: without the lines that mark its parts. */
export function withoutRegionMarks(text: string): string {
  const kept: string[] = [];
  let removed = false;
  for (const line of text.split('\n')) {
    if (ANY_MARK.test(line)) {
      removed = true;
      continue;
    }
    // Where a mark stood between two empty lines, one is enough.
    if (removed && isBlank(line) && isBlank(kept.at(-1))) continue;
    removed = false;
    kept.push(line);
  }
  return kept.join('\n');
}

/** Lines without the indentation that all of them share, and without empty ones at either end. */
function unindent(lines: readonly string[]): string {
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

/** The text of every program, by path: `/content/CHAPTER/LAB/FILE`. */
export type Programs = Readonly<Record<string, string>>;

/** A program’s file. */
interface ProgramFile {
  /** `/content/processes/rot13-fork/server.ts` */
  readonly path: string;
  readonly text: string;
}

function listed(names: Iterable<string>): string {
  return [...names].sort().join(', ');
}

/**
 * A program of a lab.
 * @throws Error that lists the labs, or the files, that there are
 */
export function findProgram(programs: Programs, lab: string, file: string): ProgramFile {
  const split = Object.keys(programs).map((path) => {
    const parts = path.split('/');
    return { path, lab: parts.at(-2) ?? '', file: parts.at(-1) ?? '' };
  });
  const ofLab = split.filter((each) => each.lab === lab);
  if (ofLab.length === 0) {
    const labs = new Set(split.map((each) => each.lab));
    throw new Error(`There is no lab “${lab}”. The labs are: ${listed(labs)}.`);
  }
  const path = ofLab.find((each) => each.file === file)?.path;
  const text = path === undefined ? undefined : programs[path];
  if (path === undefined || text === undefined) {
    const files = ofLab.map((each) => each.file);
    throw new Error(`The lab “${lab}” has no file “${file}”. Its files are: ${listed(files)}.`);
  }
  return { path, text };
}

/**
 * What a page shows of a program: a marked part of it, or all of it.
 * @throws Error that lists what there is
 */
export function sourceOf(programs: Programs, lab: string, file: string, region?: string): string {
  const { path, text } = findProgram(programs, lab, file);
  // Read in any case: a mark that is wrong is told of wherever the program is shown.
  const regions = regionsOf(text, path);
  if (region === undefined) return withoutRegionMarks(text).trimEnd();
  const found = regions.get(region);
  if (found === undefined) {
    throw new Error(
      `${path} has no region “${region}”. ` +
        (regions.size > 0
          ? `Its regions are: ${listed(regions.keys())}.`
          : `It has none: mark one with // #region ${region} and // #endregion.`),
    );
  }
  return found;
}
