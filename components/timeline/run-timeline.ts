/**
 * The timeline of a lab’s runs on the page: it keeps what comes, says in a line what each process waits in now,
 * has the lines in the source marked, and draws all of it once the reader opens it.
 */
import { hereOf, lately, type Here } from '../../lab/here.ts';
import { Owners } from '../../lab/owners.ts';
import type { MessageOf } from '../../lab/run.ts';
import type { SourceLine } from '../../lab/source-line.ts';
import { callText, rowClient, rowName, timeText } from '../../lab/timeline-text.ts';
import { Timeline } from '../../lab/timeline.ts';
import { MAX_TREE } from '../../protocol/messages.ts';
import type { LineMarks } from '../source/line-marks.ts';
import { RunTime } from './run-time.ts';
import type { TimelineSource, TimelineView } from './timeline-view.ts';

/** How often what is said of now is said anew, in milliseconds. */
const TICK = 100;
/** How long a line stays lit in which something was called, in milliseconds. */
const GLOW = 600;
/** The most lines that are lit at once. */
const MOST_LIT = 12;
/** The most processes that the line above the timeline speaks of. */
const MOST_SAID = 6;

const NOTHING = 'What each process calls and waits for, as it happens.';

/** A call as others than the page read it: `calls` of the element `data-timeline`. */
export interface ToldCall {
  /** Which process, or thread: `server`, `server, process 7`. */
  readonly process: string;
  readonly name: string;
  readonly text: string;
  /** The line of the program as the page shows it; null if it is not known. */
  readonly line: number | null;
  /** In milliseconds since the run began. */
  readonly start: number;
  /** Null while it goes on. */
  readonly end: number | null;
  /** Whose connection it is about; null if it is nobody’s, or not known. */
  readonly client: string | null;
}

/** Keeps the timeline of the latest run. */
export class RunTimeline implements TimelineSource {
  readonly #panel: HTMLDetailsElement | undefined;
  readonly #now: Element | undefined;
  readonly #marks: LineMarks;
  readonly #clients: () => readonly string[];
  readonly #ticked: (waits: (program: string, pid: number) => string | undefined) => void;
  #timeline = new Timeline();
  #owners = new Owners();
  #time = new RunTime();
  #view: TimelineView | undefined;
  #coming: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #pointed: SourceLine | undefined;

  /**
   * @param panel the element `data-timeline`; a lab may have none
   * @param clients the names of the clients that have a pane, in its order
   * @param ticked told a few times a second what each process waits in, by program and pid
   */
  constructor(
    panel: Element | null,
    marks: LineMarks,
    clients: () => readonly string[],
    ticked: (waits: (program: string, pid: number) => string | undefined) => void,
  ) {
    this.#marks = marks;
    this.#clients = clients;
    this.#ticked = ticked;
    if (!(panel instanceof HTMLDetailsElement)) return;
    this.#panel = panel;
    this.#now = panel.querySelector('[data-timeline-now]') ?? undefined;
    Object.defineProperty(panel, 'calls', { get: () => this.calls, configurable: true });
    panel.addEventListener('toggle', () => this.#opened());
    this.#opened();
  }

  get timeline(): Timeline {
    return this.#timeline;
  }

  get owners(): Owners {
    return this.#owners;
  }

  get now(): number {
    return this.#time.now;
  }

  get goesOn(): boolean {
    return this.#time.goesOn;
  }

  get clients(): readonly string[] {
    return this.#clients();
  }

  /** Every call that is kept, in the order in which they began. */
  get calls(): ToldCall[] {
    const { rows } = this.#timeline;
    return rows
      .flatMap((row) => {
        const process = rowName(row, rows);
        return row.calls.map((call): ToldCall => ({
          process,
          name: call.name,
          text: callText(call),
          line: this.lineOf(call.place) ?? null,
          start: call.start,
          end: call.end ?? null,
          client: this.#owners.ofCall(row, call) ?? rowClient(row, this.#owners) ?? null,
        }));
      })
      .sort((one, other) => one.start - other.start);
  }

  lineOf(place: SourceLine | undefined): number | undefined {
    return place && this.#marks.lineOf(place);
  }

  light(place: SourceLine | undefined): void {
    this.#pointed = place;
    this.#marks.point(place);
  }

  /** A run begins, or what was shown of one is emptied. */
  reset(): void {
    this.#timeline = new Timeline();
    this.#owners = new Owners();
    this.#time = new RunTime();
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#say(NOTHING);
    this.#marks.clear();
    this.#view?.reset();
  }

  /** Takes what a program, or a client, has done. */
  take(name: string, message: MessageOf<'timeline'>): void {
    this.#timeline.take(name, message, this.#owners);
    this.#time.learn(this.#timeline.latest);
    this.#timer ??= setInterval(() => this.#tick(), TICK);
    this.#view?.invalidate();
  }

  /** Takes what the kernel holds: whose each descriptor is. */
  takeKernel({ connections }: MessageOf<'kernel'>): void {
    this.#owners.take(connections);
    this.#view?.invalidate();
  }

  /** Takes which processes a program has. */
  takeTree({ process, tree }: MessageOf<'gauges'>): void {
    this.#owners.takeTree(process, tree);
    // Of many processes only the first are told of.
    const isWhole = tree.length < MAX_TREE;
    // A reading is a little older than what has come meanwhile.
    const alive = new Set(tree.flatMap(({ pid, zombie }) => (zombie === true ? [] : [pid])));
    if (isWhole && alive.size > 0) this.#timeline.survived(process, alive, this.now - READING_AGE);
  }

  /** A program has ended, with all that it had. */
  ended(process: number): void {
    const { rows } = this.#timeline;
    if (rows.some((row) => row.process === process && row.end === undefined)) {
      this.#timeline.ended(process, this.now);
      this.#view?.invalidate();
    }
  }

  /** The run is over: what was, stays to be looked at. */
  finish(): void {
    if (!this.goesOn) return;
    this.#timeline.finish(this.now);
    this.#time.stop();
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#tick();
    this.#say('The run is over. The calls of its processes are here.');
    this.#view?.invalidate();
  }

  #opened(): void {
    const panel = this.#panel;
    if (!panel?.open || this.#view) {
      this.#view?.invalidate();
      return;
    }
    const body = panel.querySelector('[data-timeline-body]');
    if (!(body instanceof HTMLElement)) return;
    this.#coming ??= import('./timeline-view.ts')
      .then(({ TimelineView }) => {
        this.#view = new TimelineView(body, this);
      })
      .catch((error: unknown) => {
        console.error(error);
        this.#coming = undefined;
        body.textContent = 'The timeline could not be loaded. Close it and open it again to retry.';
      });
  }

  #tick(): void {
    const { now } = this;
    const { rows } = this.#timeline;
    const heres: Here[] = [];
    const lit = new Map<string, SourceLine>();
    for (const row of rows) {
      const here = hereOf(row, this.#owners, now);
      if (here) heres.push(here);
      if (row.end !== undefined && row.end < now - GLOW) continue;
      for (const place of lately(row, now - GLOW, MOST_LIT)) {
        if (lit.size < MOST_LIT) lit.set(`${place.file}:${place.line}`, place);
      }
    }
    this.#marks.show(heres, rows, [...lit.values()], now);
    this.#marks.point(this.#pointed);
    this.#ticked((program, pid) => this.#waitsIn(program, pid));
    if (this.goesOn) this.#say(this.#present(now));
  }

  /** The call that the main thread of a process is in. */
  #waitsIn(program: string, pid: number): string | undefined {
    const row = this.#timeline.rows.find(
      (each) => each.program === program && each.pid === pid && each.end === undefined,
    );
    return row?.open?.name;
  }

  /** What goes on now, in a line. */
  #present(now: number): string {
    const { rows } = this.#timeline;
    const alive = rows.filter(({ end }) => end === undefined);
    const said = alive.slice(0, MOST_SAID).map((row) => {
      const client = rowClient(row, this.#owners);
      const who = client ?? rowName(row, rows).replace(/^.*, /, '');
      const { open } = row;
      if (!open) return `${who} runs`;
      const whose = client === undefined ? this.#owners.ofCall(row, open) : undefined;
      const fd = `${open.fd ?? ''}${whose === undefined ? '' : ` = ${whose}`}`;
      return `${who} ${open.name}(${fd}) ${timeText(now - open.start)}`;
    });
    const more = alive.length - said.length;
    return [...said, ...(more > 0 ? [`${more} more`] : [])].join(' · ');
  }

  #say(text: string): void {
    if (this.#now && this.#now.textContent !== text) this.#now.textContent = text;
  }
}

/** How old a reading of the processes may be when it comes, in milliseconds. */
const READING_AGE = 1500;
