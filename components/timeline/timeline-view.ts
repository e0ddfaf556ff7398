/**
 * The drawing of a timeline, and what a reader does with it: it follows the present until they hold it, look back,
 * zoom, or go from call to call. It is loaded when a timeline is opened.
 */
import { countText } from '../../lab/kernel-text.ts';
import type { Owners } from '../../lab/owners.ts';
import type { SourceLine } from '../../lab/source-line.ts';
import {
  clockTime,
  properName,
  rowName,
  tellCall,
  tellCallback,
  tellFold,
} from '../../lab/timeline-text.ts';
import type { Timeline } from '../../lab/timeline.ts';
import { markAt } from './exchanges.ts';
import { Painter, readPalette } from './painter.ts';
import { centred, isSeen, zoomed, type SeenTime } from './seen-time.ts';
import {
  AXIS,
  itemAt,
  nearest,
  neighbour,
  endOf,
  startOf,
  thingOf,
  tracksOf,
  type Item,
  type Track,
} from './tracks.ts';

/** What a timeline is drawn from. */
export interface TimelineSource {
  readonly timeline: Timeline;
  readonly owners: Owners;
  /** The time of the run now. */
  readonly now: number;
  /** Whether the run goes on. */
  readonly goesOn: boolean;
  /** The clients of the run, in the order of their panes. */
  readonly clients: readonly string[];
  /** The line that is shown of one that ran. */
  lineOf(place: SourceLine | undefined): number | undefined;
  /** Lights a line in the source, and none without one. */
  light(place: SourceLine | undefined): void;
}

/** How much time is seen at first, in milliseconds. */
const SPAN = 10_000;
const ZOOM = 1.6;
/** How much a wheel zooms for each pixel that it would scroll: a notch is a hundred, and a pinch comes in ones. */
const WHEEL_ZOOM = 0.005;
/** What a wheel that counts lines would scroll for each, in pixels. */
const WHEEL_LINE = 33;
/** How far one moves at once, as a part of what is seen. */
const STRIDE = 0.6;
/** How near one has to point, in pixels. */
const TOLERANCE = 5;
/** For readers who asked for less motion the present moves on in steps, in milliseconds. */
const STILL_STEP = 1000;
/** How often the list of calls is brought up to date, in milliseconds, and how long it is. */
const LIST_EVERY = 1000;
const LISTED = 50;
/** A finger that has moved so far has scrolled, in pixels. */
const DRAGGED = 6;

const IDLE = 'Point at a call, or go from one to the next with the arrow keys.';
const IDLE_BY_FINGER = 'Tap a call to see what it was.';
/** For those who do not see the list of keys. */
const KEYS =
  'Left and Right go from call to call, Up and Down from row to row, and Escape deselects it. Space holds the picture, or follows the run again. Plus and minus zoom, Page Up and Page Down go back and forward in time, Home and End go to the start and to now.';

/** That something is missing is not left to be guessed. */
function lostText(lost: number): string {
  if (lost === 0) return '';
  return `${lost === 1 ? '1 more call' : `${lost.toLocaleString('en')} more calls`} could not be shown.`;
}

/** The picture shows them as density. */
function foldedText({ rows }: Timeline): string {
  const folded = rows.reduce(
    (sum, { folds }) => folds.reduce((all, { calls }) => all + calls, sum),
    0,
  );
  return folded === 0 ? '' : `${folded.toLocaleString('en')} calls were only counted.`;
}

function button(label: string, title: string, clicked: () => void, heard?: string): HTMLElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.textContent = label;
  element.title = title;
  if (heard !== undefined) element.ariaLabel = heard;
  element.addEventListener('click', clicked);
  return element;
}

/** A live timeline in `[data-timeline-body]`. */
export class TimelineView {
  readonly #source: TimelineSource;
  readonly #body: HTMLElement;
  readonly #scroll = document.createElement('div');
  readonly #spacer = document.createElement('div');
  readonly #canvas = document.createElement('canvas');
  readonly #told = document.createElement('p');
  readonly #heard = document.createElement('p');
  readonly #list = document.createElement('ul');
  readonly #hold: HTMLElement;
  readonly #painter: Painter;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #byFinger = matchMedia('(pointer: coarse)');
  #span = SPAN;
  /** The time at the right edge while it is held; undefined while it follows the present. */
  #held: number | undefined;
  #selected: Item | undefined;
  /** Where in it the reader has picked it, if it was with a pointer. */
  #pickedAt: number | undefined;
  #pointed: Item | undefined;
  /** How far down the tracks are scrolled. Read in each frame, it would have the page laid out each time. */
  #top = 0;
  #isSeen = false;
  #frame: number | undefined;
  #tracks: readonly Track[] = [];
  #tracksOf: string | undefined;
  #listed = -1;
  #listedAt = 0;
  #listTimer: ReturnType<typeof setTimeout> | undefined;
  #drag: { x: number; end: number; moved: boolean } | undefined;
  /** Where each finger is, by its number. */
  readonly #fingers = new Map<number, number>();
  /** What two fingers began with. */
  #pinch: { readonly apart: number; readonly seen: SeenTime; readonly at: number } | undefined;

  constructor(body: HTMLElement, source: TimelineSource) {
    this.#source = source;
    this.#body = body;
    const tools = document.createElement('div');
    tools.className = 'lab-timeline-tools';
    this.#hold = button('Hold', 'Stop following the present', () => this.#toggle());
    const zooms = document.createElement('span');
    zooms.className = 'lab-timeline-zooms';
    zooms.append(
      button('‹', 'Earlier: Page Up', () => this.#move(-STRIDE), 'Earlier'),
      button('›', 'Later: Page Down', () => this.#move(STRIDE), 'Later'),
      button('−', 'More time at once: -', () => this.#zoom(ZOOM), 'Zoom out'),
      button('+', 'Less time at once: +', () => this.#zoom(1 / ZOOM), 'Zoom in'),
    );
    this.#told.className = 'lab-timeline-told';
    this.#told.dataset['timelineTold'] = '';
    tools.append(this.#hold, zooms, this.#told);
    this.#scroll.className = 'lab-timeline-scroll';
    this.#scroll.tabIndex = 0;
    // Its keys are its own: a screen reader that kept the arrows to itself would leave nothing to go through.
    this.#scroll.setAttribute('role', 'application');
    this.#scroll.ariaLabel = 'Calls over time';
    const keys = document.createElement('p');
    keys.id = `timeline-keys-${body.closest<HTMLElement>('[data-lab]')?.dataset['lab'] ?? ''}`;
    keys.hidden = true;
    keys.textContent = KEYS;
    this.#scroll.setAttribute('aria-describedby', keys.id);
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.#spacer.append(this.#canvas);
    this.#scroll.append(this.#spacer);
    this.#heard.className = 'sr-only';
    this.#heard.setAttribute('aria-live', 'polite');
    this.#list.className = 'sr-only';
    this.#list.ariaLabel = 'The latest calls, callbacks and lines, the newest first';
    this.#list.dataset['timelineList'] = '';
    body.replaceChildren(tools, this.#scroll, keys, this.#heard, this.#list);
    this.#painter = new Painter(this.#canvas, readPalette(body));
    this.#tell();
    this.#follow(body);
    this.#listen();
  }

  /** Another run begins, or none is there any more. */
  reset(): void {
    this.#held = undefined;
    this.#span = SPAN;
    this.#selected = undefined;
    this.#body.removeAttribute('data-selection');
    this.#pointed = undefined;
    this.#tracksOf = undefined;
    // Another timeline counts from the beginning, and may come to the same number.
    this.#listed = -1;
    this.#pickedAt = undefined;
    this.#tell();
    // The line of what was picked belonged to the run before.
    this.#light();
    this.#showHold();
    this.invalidate();
  }

  /** Something is to be drawn anew. */
  invalidate(): void {
    if (!this.#isSeen || this.#frame !== undefined) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#draw();
      if (this.#isMoving) this.invalidate();
    });
  }

  get #isMoving(): boolean {
    return this.#source.goesOn && (this.#held === undefined || this.#held >= this.#source.now);
  }

  /** The times at both edges. */
  get #window(): SeenTime {
    const { now } = this.#source;
    const present = this.#still.matches ? Math.ceil(now / STILL_STEP) * STILL_STEP : now;
    // A little room after the present, for what it says; at the beginning of a run it moves to the right.
    const to = this.#held ?? Math.max(this.#span, present + this.#span * 0.02);
    return { from: to - this.#span, to };
  }

  #draw(): void {
    const { timeline, owners, now, clients } = this.#source;
    const { from } = this.#window;
    // Lanes and rows come and go seldom; what is in them is looked at anew each time.
    const key = `${timeline.version} ${clients.join()}`;
    if (key !== this.#tracksOf) {
      this.#tracksOf = key;
      const { tracks, height } = tracksOf(timeline, clients.length > 0);
      this.#tracks = tracks;
      const whole = `${Math.max(height + AXIS, this.#painter.height)}px`;
      if (this.#spacer.style.height !== whole) this.#spacer.style.height = whole;
    }
    this.#painter.draw({
      ...{ timeline, owners, now, from, span: this.#span, tracks: this.#tracks },
      ...{ top: this.#top, selected: this.#selected, pointed: this.#pointed },
    });
    this.#tell();
    this.#updateList();
  }

  #follow(body: HTMLElement): void {
    new ResizeObserver(() => {
      const { clientWidth, clientHeight } = this.#scroll;
      if (clientWidth === 0 || clientHeight === 0) return;
      this.#canvas.style.height = `${clientHeight}px`;
      this.#painter.resize(clientWidth, clientHeight);
      this.#tracksOf = undefined;
      // A canvas that has another size is empty, and nobody should see that.
      this.#draw();
    }).observe(this.#scroll);
    new IntersectionObserver((entries) => {
      this.#isSeen = entries.at(-1)?.isIntersecting ?? false;
      this.invalidate();
    }).observe(this.#scroll);
    const repaint = (): void => {
      this.#painter.palette = readPalette(body);
      this.invalidate();
    };
    new MutationObserver(repaint).observe(document.documentElement, {
      attributeFilter: ['data-theme'],
    });
    matchMedia('(forced-colors: active)').addEventListener('change', repaint);
    this.#still.addEventListener('change', () => this.invalidate());
  }

  #listen(): void {
    const scroll = this.#scroll;
    scroll.addEventListener('scroll', () => {
      this.#top = scroll.scrollTop;
      this.invalidate();
    });
    scroll.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.#press(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    // From its buttons too: whoever picked a call and then zoomed has the focus there.
    this.#body.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.#press(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    scroll.addEventListener(
      'wheel',
      (event) => {
        const { deltaX, deltaY, deltaMode, ctrlKey, metaKey, shiftKey } = event;
        if (ctrlKey || metaKey) {
          event.preventDefault();
          const by = deltaMode === WheelEvent.DOM_DELTA_LINE ? deltaY * WHEEL_LINE : deltaY;
          this.#zoom(Math.exp(by * WHEEL_ZOOM), this.#timeAt(event));
        } else if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) {
          event.preventDefault();
          const by = Math.abs(deltaX) > Math.abs(deltaY) ? deltaX : deltaY;
          this.#move(by / this.#painter.room);
        }
      },
      { passive: false },
    );
    scroll.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      // A mouse may be lifted elsewhere, and would be a finger for ever.
      if (event.pointerType === 'touch') this.#fingers.set(event.pointerId, event.clientX);
      if (this.#beginPinch()) return;
      this.#drag = { x: event.clientX, end: this.#window.to, moved: false };
    });
    scroll.addEventListener('pointermove', (event) => {
      if (this.#fingers.has(event.pointerId)) this.#fingers.set(event.pointerId, event.clientX);
      if (this.#pinch) this.#pinchTo(this.#pinch);
      else if (this.#drag && event.buttons > 0) this.#dragTo(event);
      else if (event.pointerType === 'mouse') this.#point(this.#itemUnder(event));
    });
    scroll.addEventListener('pointerup', (event) => {
      const { moved = true } = this.#drag ?? {};
      this.#lift(event);
      if (moved) return;
      this.#select(this.#itemUnder(event), false);
      this.#pickedAt = this.#timeAt(event);
    });
    scroll.addEventListener('pointercancel', (event) => this.#lift(event));
    scroll.addEventListener('pointerleave', () => this.#point(undefined));
  }

  #lift({ pointerId }: PointerEvent): void {
    this.#fingers.delete(pointerId);
    this.#drag = undefined;
    this.#pinch = undefined;
  }

  /** Two fingers zoom. @returns whether there are two */
  #beginPinch(): boolean {
    const [one, other] = this.#fingers.values();
    if (one === undefined || other === undefined) return false;
    const seen = this.#window;
    const at = this.#selectedTime(seen) ?? this.#timeAt({ clientX: (one + other) / 2 });
    this.#drag = undefined;
    this.#pinch = { apart: Math.max(Math.abs(one - other), DRAGGED), seen, at };
    return true;
  }

  #pinchTo({ apart, seen, at }: { apart: number; seen: SeenTime; at: number }): void {
    const [one = 0, other = 0] = this.#fingers.values();
    this.#show(zoomed(seen, apart / Math.max(Math.abs(one - other), DRAGGED), at));
  }

  #dragTo(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return;
    const by = event.clientX - drag.x;
    if (!drag.moved && Math.abs(by) < DRAGGED) return;
    if (!drag.moved) this.#scroll.setPointerCapture(event.pointerId);
    drag.moved = true;
    this.#holdAt(drag.end - (by / this.#painter.room) * this.#span);
  }

  #press(key: string): boolean {
    switch (key) {
      case 'ArrowLeft':
        this.#step(-1);
        return true;
      case 'ArrowRight':
        this.#step(1);
        return true;
      case 'ArrowUp':
        this.#change(-1);
        return true;
      case 'ArrowDown':
        this.#change(1);
        return true;
      case ' ':
        this.#toggle();
        return true;
      case '+':
      case '=':
        this.#zoom(1 / ZOOM);
        return true;
      case '-':
        this.#zoom(ZOOM);
        return true;
      case 'PageUp':
        this.#move(-STRIDE);
        return true;
      case 'PageDown':
        this.#move(STRIDE);
        return true;
      case 'Home':
        this.#holdAt(this.#span);
        return true;
      case 'End':
        this.#release();
        return true;
      case 'Escape':
        if (!this.#selected) return false;
        this.#select(undefined, true);
        return true;
      default:
        return false;
    }
  }

  /** The track that the selection is in. */
  get #track(): Track | undefined {
    const selected = this.#selected;
    if (!selected) return undefined;
    return this.#tracks.find((track) => {
      if (selected.kind === 'line') {
        return track.kind === 'lines';
      }
      const kind = selected.kind === 'callback' ? 'callbacks' : 'calls';
      return track.kind === kind && track.row === selected.row;
    });
  }

  #step(by: 1 | -1): void {
    const track = this.#track;
    const selected = this.#selected;
    if (track && selected) {
      const next = neighbour(track, selected, by);
      if (next) this.#select(next, true);
      return;
    }
    const first = this.#tracks.find(({ kind }) => kind === 'calls') ?? this.#tracks.at(0);
    const { to } = this.#window;
    if (first) this.#select(nearest(first, to), true);
  }

  #change(by: 1 | -1): void {
    const track = this.#track;
    const selected = this.#selected;
    if (!track || !selected) {
      this.#step(1);
      return;
    }
    let index = this.#tracks.indexOf(track) + by;
    for (let next = this.#tracks[index]; next; next = this.#tracks[(index += by)]) {
      const item = nearest(next, startOf(selected));
      if (!item) continue;
      this.#select(item, true);
      return;
    }
  }

  #select(item: Item | undefined, isByKey: boolean): void {
    this.#selected = item;
    this.#pickedAt = undefined;
    // While there is one, Escape is for it.
    this.#body.toggleAttribute('data-selection', item !== undefined);
    this.#pointed = undefined;
    if (item && isByKey) this.#reveal(item);
    this.#tell();
    if (isByKey) this.#heard.textContent = item ? this.#words(item) : '';
    this.#light();
    this.invalidate();
  }

  #point(item: Item | undefined): void {
    if (item === this.#pointed) return;
    const same = item && this.#pointed && thingOf(item) === thingOf(this.#pointed);
    if (same) return;
    this.#pointed = item;
    this.#tell();
    this.#light();
    this.invalidate();
  }

  /** Has a thing in what is seen, along and across. */
  #reveal(item: Item): void {
    const { from, to } = this.#window;
    const at = startOf(item);
    if (at < from || at > to) this.#holdAt(at + this.#span / 2);
    const track = this.#track;
    if (!track) return;
    const { scrollTop } = this.#scroll;
    const room = this.#painter.height - AXIS;
    if (track.y < scrollTop) this.#scroll.scrollTop = track.y - 2;
    else if (track.y + track.height > scrollTop + room) {
      this.#scroll.scrollTop = track.y + track.height - room + 2;
    }
  }

  #light(): void {
    const item = this.#pointed ?? this.#selected;
    const place =
      item?.kind === 'call'
        ? item.call.place
        : item?.kind === 'callback'
          ? item.callback.place
          : undefined;
    this.#source.light(place);
  }

  #tell(): void {
    const item = this.#pointed ?? this.#selected;
    const idle = this.#byFinger.matches ? IDLE_BY_FINGER : IDLE;
    const text = item ? this.#words(item) : lostText(this.#source.timeline.lost) || idle;
    if (this.#told.textContent !== text) {
      this.#told.textContent = text;
      this.#told.title = item ? text : '';
    }
  }

  #words(item: Item): string {
    const { timeline, owners, now } = this.#source;
    if (item.kind === 'line') {
      const { client, way, bytes, at } = item.line;
      return `${properName(client)} ${way} ${countText(bytes)} · at ${clockTime(at)}`;
    }
    const { row } = item;
    const name = rowName(row, timeline.rows);
    switch (item.kind) {
      case 'call': {
        const line = this.#source.lineOf(item.call.place);
        return tellCall(name, item.call, line, owners.ofCall(row, item.call), now);
      }
      case 'callback': {
        const { callback } = item;
        const client = owners.ofCallback(row, callback);
        return tellCallback(name, callback, this.#source.lineOf(callback.place), client, now);
      }
      case 'fold':
        return tellFold(name, item.fold);
    }
  }

  #timeAt({ clientX }: { readonly clientX: number }): number {
    const { left } = this.#canvas.getBoundingClientRect();
    const { names, room } = this.#painter;
    return this.#window.from + ((clientX - left - names) / room) * this.#span;
  }

  #itemUnder(event: MouseEvent): Item | undefined {
    const { top } = this.#canvas.getBoundingClientRect();
    const y = event.clientY - top - AXIS + this.#scroll.scrollTop;
    const track = this.#tracks.find((each) => y >= each.y - 2 && y < each.y + each.height + 3);
    if (!track || event.clientY - top < AXIS) return undefined;
    if (track.kind === 'lines') {
      const scale = { from: this.#window.from, span: this.#span };
      const { left } = this.#canvas.getBoundingClientRect();
      const line = markAt(this.#painter.exchanges(track, scale), event.clientX - left, TOLERANCE);
      return line && { kind: 'line', line };
    }
    const tolerance = (TOLERANCE / this.#painter.room) * this.#span;
    return itemAt(track, this.#timeAt(event), tolerance, this.#source.now);
  }

  #toggle(): void {
    if (this.#held === undefined) this.#holdAt(this.#window.to);
    else this.#release();
  }

  #holdAt(to: number): void {
    const { now } = this.#source;
    this.#held = Math.min(
      Math.max(to, this.#span * 0.1),
      Math.max(now, this.#span) + this.#span / 2,
    );
    this.#showHold();
    this.invalidate();
  }

  #release(): void {
    this.#held = undefined;
    this.#showHold();
    this.invalidate();
  }

  #showHold(): void {
    const isHeld = this.#held !== undefined;
    this.#hold.textContent = isHeld ? 'To now' : 'Hold';
    this.#hold.title = isHeld ? 'Follow the present: End' : 'Stop following the present: Space';
  }

  #move(by: number): void {
    const { to } = this.#window;
    const next = to + by * this.#span;
    if (by > 0 && next >= this.#source.now) this.#release();
    else this.#holdAt(next);
  }

  /**
   * What the reader has picked keeps its place, while it is seen; else where they turn the wheel; else what they have
   * picked comes back; else the middle keeps its place, or the present.
   * @param at where the wheel is turned
   */
  #zoom(factor: number, at?: number): void {
    const seen = this.#window;
    const around =
      this.#selectedTime(seen) ?? (at === undefined ? undefined : Math.max(at, seen.from));
    if (around !== undefined) {
      this.#show(zoomed(seen, factor, around));
      return;
    }
    const selected = this.#selected;
    if (selected) {
      // It has moved out of sight meanwhile, and is what the reader wants to see more of.
      const start = startOf(selected);
      this.#show(zoomed(centred(seen, start), factor, start));
      return;
    }
    const next = zoomed(seen, factor, (seen.from + seen.to) / 2);
    if (this.#held !== undefined) this.#show(next);
    else {
      this.#span = next.to - next.from;
      this.invalidate();
    }
  }

  /** The time of what is picked, as far as it is seen. */
  #selectedTime(seen: SeenTime): number | undefined {
    const item = this.#selected;
    if (!item) return undefined;
    const start = startOf(item);
    const end = endOf(item, this.#source.now);
    const picked = Math.min(Math.max(this.#pickedAt ?? start, start), end);
    if (isSeen(seen, picked)) return picked;
    // Of a long one the beginning may lie before what is seen.
    return start < seen.from && end >= seen.from ? Math.min(end, seen.to) : undefined;
  }

  #show({ from, to }: SeenTime): void {
    this.#span = to - from;
    this.#holdAt(to);
  }

  /** What was called last, in words: for those who do not see it. */
  #updateList(): void {
    const { timeline } = this.#source;
    if (timeline.version === this.#listed) return;
    const wait = this.#listedAt + LIST_EVERY - performance.now();
    if (wait > 0) {
      // What comes last is not drawn again, and belongs to the list all the same.
      this.#listTimer ??= setTimeout(() => {
        this.#listTimer = undefined;
        this.#updateList();
      }, wait);
      return;
    }
    this.#listed = timeline.version;
    this.#listedAt = performance.now();
    const items: Item[] = timeline.rows.flatMap((row) => [
      ...row.calls.slice(-LISTED).map((call) => ({ kind: 'call' as const, row, call })),
      ...row.callbacks
        .slice(-LISTED)
        .map((callback) => ({ kind: 'callback' as const, row, callback })),
      ...row.folds.slice(-LISTED).map((fold) => ({ kind: 'fold' as const, row, fold })),
    ]);
    items.push(...timeline.lines.slice(-LISTED).map((line) => ({ kind: 'line' as const, line })));
    items.sort((one, other) => startOf(other) - startOf(one));
    const told = items.slice(0, LISTED).map((item) => this.#words(item));
    const counted = [foldedText(timeline), lostText(timeline.lost)];
    told.push(...counted.filter((text) => text !== ''));
    while (this.#list.children.length > told.length) this.#list.lastElementChild?.remove();
    for (const [index, text] of told.entries()) {
      const line =
        this.#list.children[index] ?? this.#list.appendChild(document.createElement('li'));
      if (line.textContent !== text) line.textContent = text;
    }
  }
}
