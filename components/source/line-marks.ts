/**
 * Marks in the source where each process and each thread is: what it waits in and for how long, or the callback that
 * it runs. They are beside the code that the page shows, and in the editor once that is open.
 */
import { clientColour } from '../../lab/client-hue.ts';
import type { Here } from '../../lab/here.ts';
import { shownOf, type LineRun, type SourceLine } from '../../lab/source-line.ts';
import { rowName, timeText } from '../../lab/timeline-text.ts';
import type { TimelineRow } from '../../lab/timeline.ts';
import type { MarkParts } from './mark-room.ts';
import { MarkedCode } from './marked-code.ts';

/** One of those who are at a line. */
export interface AtLine {
  readonly name: string;
  /** A colour, as CSS has it. */
  readonly colour: string;
}

/** What is to be marked at one line. */
export interface LineMark extends MarkParts {
  /** From 1, in the text as it is shown. */
  readonly line: number;
  /** Undefined for a line that is only lit. */
  readonly state: Here['state'] | undefined;
  readonly who: readonly AtLine[];
  /** When the latest of them came there, in milliseconds since the run began. */
  readonly latest: number;
  /** Something was called here just now. */
  readonly isLit: boolean;
}

/** Where lines of one file can be marked. */
export interface Markable {
  mark(marks: readonly LineMark[]): void;
  /** Lights the line that the reader points at in the timeline, and shows it. */
  point(line: number | undefined): void;
  /** Has the lines in view at which something happens, wherever the reader has scrolled before. */
  follow(): void;
}

/** The reader’s versions of the programs, and what is marked besides the code on the page. */
export interface OpenEditor {
  markable(file: string): Markable | undefined;
  /** Whether what the page shows of a file, beside the editor, is the text that runs. */
  showsWhatRuns(file: string): boolean;
  /** Brings a file to the front of the editor, if that is open. */
  reveal(file: string): void;
}

/** Of several names at a line so many are said. */
const MOST_NAMES = 3;

/** What the lines that ran are in the text that is shown, for the file as it is and for each way that changes it. */
type RunsByWay = Readonly<Record<string, readonly LineRun[]>>;

function isRuns(value: unknown): value is RunsByWay {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((runs: unknown) => Array.isArray(runs))
  );
}

function readRuns(json: string | undefined): RunsByWay {
  if (json === undefined) return {};
  const value: unknown = JSON.parse(json);
  // The page was built with it; a page of another build has its own script.
  return isRuns(value) ? value : {};
}

/** The marks in all programs of a lab. */
export class LineMarks {
  readonly #codes = new Map<string, MarkedCode>();
  readonly #runs = new Map<string, RunsByWay>();
  #edited: ReadonlySet<string> = new Set();
  #patched: ReadonlyMap<string, string> = new Map();
  #marked = new Set<string>();
  #editor: OpenEditor | undefined;
  #pointed: SourceLine | undefined;

  constructor(section: Element) {
    for (const element of section.querySelectorAll<HTMLElement>('.program-code[data-program]')) {
      const { program = '', lines } = element.dataset;
      this.#codes.set(program, new MarkedCode(element));
      this.#runs.set(program, readRuns(lines));
    }
  }

  /** An editor that may be open at any time. */
  set editor(editor: OpenEditor) {
    this.#editor = editor;
  }

  /**
   * A run begins.
   * @param edited the files of which the reader’s version runs
   * @param patched the files that run with what a way changes in them, and which way
   */
  begin(edited: ReadonlySet<string>, patched: ReadonlyMap<string, string>): void {
    this.clear();
    this.#edited = edited;
    this.#patched = patched;
    this.follow();
  }

  /** The line that is shown of one that ran. */
  lineOf({ file, line }: SourceLine): number | undefined {
    if (this.#edited.has(file)) return line;
    const runs = this.#runs.get(file);
    // A file that programs import is shown, in the editor, as it is.
    return runs ? shownOf(line, runs[this.#patched.get(file) ?? ''] ?? []) : line;
  }

  /**
   * Marks where everybody is.
   * @param lit lines at which something was called just now
   */
  show(
    heres: readonly Here[],
    rows: readonly TimelineRow[],
    lit: readonly SourceLine[],
    now: number,
  ): void {
    const byFile = new Map<string, Map<number, { heres: Here[]; isLit: boolean }>>();
    const at = ({
      place,
    }: {
      place: SourceLine;
    }): { heres: Here[]; isLit: boolean } | undefined => {
      const line = this.lineOf(place);
      if (line === undefined) return undefined;
      const lines = byFile.get(place.file) ?? new Map<number, { heres: Here[]; isLit: boolean }>();
      byFile.set(place.file, lines);
      const found = lines.get(line) ?? { heres: [], isLit: false };
      lines.set(line, found);
      return found;
    };
    for (const here of heres) at(here)?.heres.push(here);
    for (const place of lit) {
      const found = at({ place });
      if (found) found.isLit = true;
    }
    for (const file of new Set([...this.#marked, ...byFile.keys()])) {
      const lines = byFile.get(file) ?? [];
      const marks = [...lines].map(([line, found]) => markOf(line, found, rows, now));
      this.#mark(file, marks);
    }
    this.#marked = new Set(byFile.keys());
  }

  /** Lights the line that the reader points at, in whichever file it is. */
  point(place: SourceLine | undefined): void {
    const line = place && this.lineOf(place);
    const pointed = place && line !== undefined ? { file: place.file, line } : undefined;
    const before = this.#pointed;
    const isOther = pointed?.file !== before?.file || pointed?.line !== before?.line;
    this.#pointed = pointed;
    if (before && before.file !== pointed?.file) this.#point(before.file, undefined);
    if (!pointed) return;
    if (isOther) this.#editor?.reveal(pointed.file);
    // A code that has come into the page since knows nothing of it yet; the others do no more than look.
    this.#point(pointed.file, pointed.line);
  }

  /** Has the lines in view at which something happens, wherever the reader has scrolled before. */
  follow(): void {
    for (const file of this.#codes.keys()) {
      for (const markable of this.#markables(file)) markable.follow();
    }
  }

  /** Takes all marks away. */
  clear(): void {
    this.point(undefined);
    for (const file of this.#marked) this.#mark(file, []);
    this.#marked.clear();
  }

  #mark(file: string, marks: readonly LineMark[]): void {
    const markables = this.#markables(file);
    for (const markable of markables) markable.mark(marks);
    // What was marked until another version came in its place.
    const code = this.#codes.get(file);
    if (code && !markables.includes(code)) code.mark([]);
  }

  #point(file: string, line: number | undefined): void {
    for (const markable of this.#markables(file)) markable.point(line);
  }

  #markables(file: string): Markable[] {
    const code = this.#codes.get(file);
    const editor = this.#editor?.markable(file);
    // Another version than the one that runs has other lines.
    const isRunning = this.#editor?.showsWhatRuns(file) ?? !this.#edited.has(file);
    return [...(code && isRunning ? [code] : []), ...(editor ? [editor] : [])];
  }
}

function markOf(
  line: number,
  { heres, isLit }: { heres: readonly Here[]; isLit: boolean },
  rows: readonly TimelineRow[],
  now: number,
): LineMark {
  const waiting = heres.filter(({ state }) => state === 'waits');
  const running = heres.filter(({ state }) => state === 'runs');
  const foremost = waiting.length > 0 ? waiting : running.length > 0 ? running : heres;
  const [first] = foremost;
  if (!first) {
    return { line, state: undefined, who: [], what: '', lasts: '', names: '', latest: 0, isLit };
  }
  const who = foremost.map(({ row, client }) => ({
    name: client ?? rowName(row, rows).replace(/^.*, /, ''),
    colour: client === undefined ? 'var(--tone-waiting)' : clientColour(client),
  }));
  const named = who.slice(0, MOST_NAMES).map(({ name }) => name);
  const more = who.length - named.length;
  // Where there is one thread, and it is at nobody’s connection, its name says nothing.
  const isAlone = rows.length === 1 && first.client === undefined;
  const said = isAlone ? [] : [...named, ...(more > 0 ? [`${more} more`] : [])];
  const whats = new Set(foremost.map(({ what }) => what));
  const sinces = foremost.map(({ since }) => since);
  return {
    line,
    state: first.state,
    who,
    what: whats.size === 1 ? first.what : first.what.replace(/\(.*/, ''),
    lasts: first.state === 'called' ? '' : timeText(Math.max(0, now - Math.min(...sinces))),
    names: said.join(', '),
    latest: Math.max(...sinces),
    isLit,
  };
}
