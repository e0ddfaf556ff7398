/**
 * A way that is a few changed lines of a program, so that a mistake needs no second file. Pure. A patch
 * stands in the lab's definition and is checked against the program wherever both are read: one that no
 * longer fits is an error, never another program.
 */
import * as z from 'zod';
import type { LabProgram } from './definition.ts';
import { nearest } from './nearest.ts';
import { unindent } from './regions.ts';

/** Lines of a program, and what stands there instead. */
const replacementSchema = z.strictObject({
  /**
   * Whole lines of the program, which must be there exactly once. How far they are indented does not
   * matter, and neither do line ends before and after them, so a template literal can be laid out well.
   */
  replace: z.string().regex(/\S/, 'write the lines of the program that change'),
  /** The lines that take their place, indented as they are; none, to take them out. */
  by: z.string(),
});

/** The schema of a patch. */
export const patchSchema = z.array(replacementSchema).min(1).max(16);

/** A patch, checked. */
export type Patch = z.output<typeof patchSchema>;

/** A patch that does not fit its program: which of its replacements, and what to do. */
export class PatchMistake extends Error {
  override name = 'PatchMistake';
}

/** Lines of a program that are replaced: counted from 0, the last one not included. */
interface Place {
  readonly from: number;
  readonly to: number;
  readonly by: readonly string[];
  readonly replacement: number;
}

/** The lines of one side of a replacement; none if it is blank. */
function linesOf(text: string): string[] {
  if (text.trim() === '') return [];
  return unindent(text.split('\n')).split('\n');
}

function indentOf(line: string): string {
  return line.slice(0, line.length - line.trimStart().length);
}

/** Lines further in. Empty ones stay empty. */
function indented(lines: readonly string[], indent: string): string[] {
  return lines.map((line) => (line === '' ? '' : indent + line));
}

/** Every line, counted from 0, at which the wanted lines begin. */
function placesOf(program: readonly string[], wanted: readonly string[]): number[] {
  const [first = ''] = wanted;
  return [...program.keys()].filter((at) => {
    const line = program[at] ?? '';
    // The first line has no blanks of its own unless another one is further out.
    if (!line.endsWith(first)) return false;
    const indent = line.slice(0, line.length - first.length);
    if (indent.trim() !== '') return false;
    return indented(wanted, indent).every((each, index) => program[at + index] === each);
  });
}

/** What a line that is not there was probably meant to be: another text, or another length of the lines below. */
function missing(program: readonly string[], wanted: readonly string[]): string {
  const trimmed = program.map((line) => line.trim());
  const absent = wanted.find((line) => line !== '' && !trimmed.includes(line.trim()));
  if (absent === undefined) {
    return 'each of these lines is in the program, but not in this order and with this indentation: copy them from it';
  }
  const meant = nearest(absent.trim(), trimmed);
  const at = meant === undefined ? -1 : trimmed.indexOf(meant);
  const hint = at < 0 ? '' : ` Line ${at + 1} is “${trimmed[at] ?? ''}”.`;
  return `the program has no line “${absent.trim()}”: copy the lines from it.${hint}`;
}

function find(program: readonly string[], { replace, by }: Patch[number], index: number): Place {
  const mistake = (message: string): PatchMistake =>
    new PatchMistake(`patch[${index}].replace: ${message}`);
  const wanted = linesOf(replace);
  const places = placesOf(program, wanted);
  const [from, another] = places;
  if (from === undefined) throw mistake(missing(program, wanted));
  if (another !== undefined) {
    const numbers = places.map((at) => at + 1).join(', ');
    throw mistake(
      `this is in the program ${places.length} times, at lines ${numbers}: add a line before or after it, so that one place is meant`,
    );
  }
  const lines = indented(
    linesOf(by),
    indentOf(program[from] ?? '').slice(indentOf(wanted[0] ?? '').length),
  );
  const to = from + wanted.length;
  if (lines.join('\n') === program.slice(from, to).join('\n')) {
    throw mistake('nothing is changed: “by” has the same lines');
  }
  return { from, to, by: lines, replacement: index };
}

/** A line of a program with its patch, and which line of the program it is, or takes the place of, from 0. */
interface PatchedLine {
  readonly line: string;
  readonly at: number;
}

/**
 * The lines of a program with its patch.
 * @throws PatchMistake for one that does not fit
 */
export function patchedLines(text: string, patch: Patch): PatchedLine[] {
  const program = text.split('\n');
  const places = patch.map((replacement, index) => find(program, replacement, index));
  places.sort((a, b) => a.from - b.from);
  const patched: PatchedLine[] = [];
  let next = 0;
  const keepTo = (end: number): void => {
    for (; next < end; next += 1) patched.push({ line: program[next] ?? '', at: next });
  };
  for (const [index, { from, to, by, replacement }] of places.entries()) {
    if (from < next) {
      throw new PatchMistake(
        `patch[${replacement}].replace: patch[${places[index - 1]?.replacement ?? 0}] replaces some of the same lines: make one replacement of the two`,
      );
    }
    keepTo(from);
    patched.push(...by.map((line, nth) => ({ line, at: Math.min(from + nth, to - 1) })));
    next = to;
  }
  keepTo(program.length);
  return patched;
}

/**
 * The program with its patch.
 * @throws PatchMistake for one that does not fit
 */
export function applyPatch(text: string, patch: Patch): string {
  return patchedLines(text, patch)
    .map(({ line }) => line)
    .join('\n');
}

/** A way with a patch, and the file it changes. */
export interface PatchedWay {
  readonly way: string;
  readonly label: string;
  readonly file: string;
  readonly patch: Patch;
}

/** All ways of these programs that change their text. */
export function patchedWays(programs: readonly LabProgram[]): PatchedWay[] {
  return programs.flatMap(({ program: file, ways = [] }) =>
    ways.flatMap(({ name: way, label, patch }) => (patch ? [{ way, label, file, patch }] : [])),
  );
}

/**
 * The text that a way runs instead of what is in the file.
 * @param where the lab, as a message calls it
 * @throws PatchMistake that names the lab, the way and the file
 */
export function textOfWay(where: string, { way, file, patch }: PatchedWay, text: string): string {
  try {
    return applyPatch(text, patch);
  } catch (error) {
    if (!(error instanceof PatchMistake)) throw error;
    throw new PatchMistake(`${where}: the way “${way}” does not fit ${file}: ${error.message}`, {
      cause: error,
    });
  }
}
