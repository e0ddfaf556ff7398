/** Draws a timeline on a canvas. It only draws: what is seen, and when, is the view’s to say. */
import { CLIENT_HUES, clientHue } from '../../lab/client-hue.ts';
import type { Owners } from '../../lab/owners.ts';
import {
  NO_KNOWN_END,
  callbackText,
  clockTime,
  rowClient,
  rowName,
  shortCall,
  timeText,
} from '../../lab/timeline-text.ts';
import { WAITED, hasNoKnownEnd, type Timeline, type TimelineRow } from '../../lab/timeline.ts';
import { clientsOf, exchangeText, placeLines, type Exchange } from './exchanges.ts';
import { AXIS, firstAfter, thingOf, type Item, type Track } from './tracks.ts';

/** The colours of the page, as they are now. */
export interface Palette {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly ground: string;
  readonly head: string;
  readonly accent: string;
  readonly accentLow: string;
  readonly waiting: string;
  readonly waitingLow: string;
  /** By the number of the hue, less one. */
  readonly clients: readonly string[];
  readonly font: string;
}

/** The time at the left edge, and how much time the width is, in milliseconds. */
export interface Scale {
  readonly from: number;
  readonly span: number;
}

/** What is drawn. */
export interface Picture extends Scale {
  readonly timeline: Timeline;
  readonly owners: Owners;
  readonly tracks: readonly Track[];
  readonly now: number;
  /** How far down the tracks are scrolled, in pixels. */
  readonly top: number;
  readonly selected: Item | undefined;
  readonly pointed: Item | undefined;
}

const PROPERTIES = {
  text: '--sl-color-white',
  dim: '--sl-color-gray-3',
  line: '--lab-border',
  ground: '--term-bg',
  head: '--lab-bg',
  accent: '--sl-color-text-accent',
  accentLow: '--sl-color-accent-low',
  waiting: '--tone-waiting',
  waitingLow: '--tone-waiting-low',
} as const;

/** The page’s colours at a place in it. A probe resolves what a canvas would not know. */
export function readPalette(place: Element): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  place.append(probe);
  const resolve = (property: string): string => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    text: resolve(PROPERTIES.text),
    dim: resolve(PROPERTIES.dim),
    line: resolve(PROPERTIES.line),
    ground: resolve(PROPERTIES.ground),
    head: resolve(PROPERTIES.head),
    accent: resolve(PROPERTIES.accent),
    accentLow: resolve(PROPERTIES.accentLow),
    waiting: resolve(PROPERTIES.waiting),
    waitingLow: resolve(PROPERTIES.waitingLow),
    clients: Array.from({ length: CLIENT_HUES }, (_, index) => resolve(`--client-${index + 1}`)),
    font: getComputedStyle(place).fontFamily,
  };
  probe.remove();
  return palette;
}

/** Steps of the axis, in milliseconds. */
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000],
];
/** Between marks of the axis there is at least so much room, in pixels. */
const TICK_ROOM = 76;
/** From this width on a slice says what it is, in pixels. */
const TELLS = 34;
/** Below this width names are short. */
const NARROW = 480;
/** The narrowest that a slice is drawn. */
const NARROWEST = 1.5;
const HATCH = 6;

/** Half as wide and as high as the mark of a line is, in pixels. */
const MARK = 4;

type LinesTrack = Extract<Track, { kind: 'lines' }>;

/** A call or a callback. */
interface Span {
  readonly start: number;
  readonly end: number | undefined;
}

/** A painter for one canvas. */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #palette: Palette;
  #hatch: CanvasPattern | undefined;
  #width = 0;
  #height = 0;
  #scale = 1;
  /** For each pixel of the width, how much happened there. */
  #density = new Float32Array(0);

  constructor(canvas: HTMLCanvasElement, palette: Palette) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('This browser draws nothing on a canvas.');
    this.#canvas = canvas;
    this.#context = context;
    this.#palette = palette;
  }

  set palette(palette: Palette) {
    this.#palette = palette;
    this.#hatch = undefined;
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  /** The room for names on the left. */
  get names(): number {
    return this.#width < NARROW ? 76 : 136;
  }

  /** The width that time has. */
  get room(): number {
    return Math.max(1, this.#width - this.names);
  }

  resize(width: number, height: number): void {
    this.#scale = Math.min(devicePixelRatio || 1, 2);
    this.#width = width;
    this.#height = height;
    this.#canvas.width = Math.max(1, Math.round(width * this.#scale));
    this.#canvas.height = Math.max(1, Math.round(height * this.#scale));
    this.#density = new Float32Array(Math.ceil(this.room) + 1);
    this.#hatch = undefined;
  }

  draw(picture: Picture): void {
    const context = this.#context;
    const { ground } = this.#palette;
    context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    context.fillStyle = ground;
    context.fillRect(0, 0, this.#width, this.#height);
    context.textBaseline = 'middle';
    context.save();
    context.beginPath();
    context.rect(0, AXIS, this.#width, this.#height - AXIS);
    context.clip();
    context.translate(0, AXIS - picture.top);
    this.#drawCauses(picture);
    for (const track of picture.tracks) {
      const y = track.y - picture.top;
      if (y + track.height < 0 || y > this.#height) continue;
      this.#drawTrack(track, picture);
    }
    this.#drawNames(picture);
    context.restore();
    this.#drawAxis(picture);
  }

  #x(time: number, { from, span }: Scale): number {
    return this.names + ((time - from) / span) * this.room;
  }

  /** The marks of clients’ lines, as they are drawn. */
  exchanges({ lines }: LinesTrack, scale: Scale): Exchange[] {
    return placeLines(lines, (time) => this.#x(time, scale), this.names, this.#width);
  }

  #client(name: string | undefined): string | undefined {
    return name === undefined ? undefined : this.#palette.clients[clientHue(name) - 1];
  }

  #text(size: number, weight = 400): void {
    this.#context.font = `${weight} ${size}px ${this.#palette.font}`;
  }

  #drawAxis(picture: Picture): void {
    const context = this.#context;
    const { head, dim, line, waiting } = this.#palette;
    const { from, span, now } = picture;
    context.fillStyle = head;
    context.fillRect(0, 0, this.#width, AXIS);
    context.fillStyle = line;
    context.fillRect(0, AXIS - 1, this.#width, 1);
    const step = STEPS.find((each) => (each / span) * this.room >= TICK_ROOM) ?? 300_000;
    this.#text(10.5);
    context.textAlign = 'left';
    const first = Math.ceil(Math.max(0, from) / step) * step;
    for (let time = first; time <= from + span; time += step) {
      const x = Math.round(this.#x(time, picture));
      if (x < this.names) continue;
      context.fillStyle = line;
      context.fillRect(x, AXIS - 5, 1, 4);
      context.fillStyle = dim;
      const label = clockTime(time, step >= 1000 ? 0 : step >= 10 ? 2 : 3);
      if (x + 40 < this.#width) context.fillText(label, x + 3, AXIS / 2);
    }
    const x = this.#x(now, picture);
    if (x < this.names || x > this.#width + 1) return;
    context.fillStyle = waiting;
    context.globalAlpha = 0.7;
    context.fillRect(Math.min(x, this.#width - 1), 0, 1, this.#height);
    context.globalAlpha = 1;
  }

  /** A line that came or went is seen through all rows: what caused what stands above each other. */
  #drawCauses(picture: Picture): void {
    const context = this.#context;
    const bottom = this.#height + picture.top;
    for (const track of picture.tracks) {
      if (track.kind !== 'lines') continue;
      context.globalAlpha = 0.3;
      let last = -9;
      for (const { at, client } of track.lines) {
        const x = Math.round(this.#x(at, picture));
        if (x < this.names || x > this.#width || x - last < 2) continue;
        last = x;
        context.fillStyle = this.#client(client) ?? this.#palette.text;
        context.fillRect(x, track.y + track.height, 1, bottom - track.y - track.height);
      }
      context.globalAlpha = 1;
    }
  }

  #drawTrack(track: Track, picture: Picture): void {
    switch (track.kind) {
      case 'lines':
        this.#drawLines(track, picture);
        break;
      case 'callbacks':
        this.#drawCallbacks(track, picture);
        break;
      case 'calls':
        this.#drawCalls(track, picture);
    }
  }

  #drawLines(track: LinesTrack, picture: Picture): void {
    const context = this.#context;
    const { y, height } = track;
    const middle = y + height / 2;
    context.fillStyle = this.#palette.line;
    context.globalAlpha = 0.6;
    context.fillRect(this.names, Math.round(middle), this.room, 1);
    context.globalAlpha = 1;
    const exchanges = this.exchanges(track, picture);
    for (const [index, exchange] of exchanges.entries()) {
      for (const { line, x } of exchange) {
        const colour = this.#client(line.client) ?? this.#palette.text;
        this.#drawMark(line.way, x, middle, colour);
        if (this.#isMarked(line, picture)) this.#outline(x - 6, y, 12, height);
      }
      const right = (exchange.at(-1)?.x ?? 0) + MARK;
      const next = exchanges[index + 1]?.[0]?.x ?? this.#width;
      this.#tellExchange(exchange, right + 4, middle, next - MARK - 4);
    }
  }

  /** Sent, it goes down to the server. Received, it came up from there. */
  #drawMark(way: 'sent' | 'received', x: number, middle: number, colour: string): void {
    const context = this.#context;
    const isSent = way === 'sent';
    const tip = isSent ? MARK : -MARK;
    context.beginPath();
    context.moveTo(x - MARK, middle - tip);
    context.lineTo(x + MARK, middle - tip);
    context.lineTo(x, middle + tip);
    context.closePath();
    context.fillStyle = isSent ? colour : this.#palette.ground;
    context.strokeStyle = colour;
    context.lineWidth = 1.25;
    context.fill();
    context.stroke();
  }

  /** Says beside its marks what an exchange was, or at least whose, where there is room. */
  #tellExchange(exchange: Exchange, x: number, middle: number, end: number): void {
    const context = this.#context;
    const clients = clientsOf(exchange);
    const initials = clients.map((client) => client.charAt(0).toUpperCase()).join(' ');
    this.#text(10, 600);
    const told = [exchangeText(exchange), initials].find(
      (text) => context.measureText(text).width <= end - x,
    );
    if (told === undefined) return;
    const wide = context.measureText(told).width;
    context.fillStyle = this.#palette.ground;
    context.fillRect(x - 2, middle - 6, wide + 4, 12);
    context.fillStyle = (clients.length === 1 && this.#client(clients[0])) || this.#palette.text;
    context.fillText(told, x, middle);
  }

  #drawCallbacks({ row, y, height }: Track & { row: TimelineRow }, picture: Picture): void {
    const context = this.#context;
    const { accent, accentLow, text } = this.#palette;
    const { now, owners } = picture;
    this.#text(9.5);
    for (const callback of this.#countNarrow(row.callbacks, picture)) {
      const start = Math.max(this.names, this.#x(callback.start, picture));
      const end = Math.min(this.#width, this.#x(callback.end ?? now, picture));
      if (end < this.names) continue;
      const width = end - start;
      if (width < NARROWEST) {
        this.#count(start, 1);
        if (this.#isMarked(callback, picture)) this.#outline(start - 2, y, 5, height);
        continue;
      }
      const inset = Math.min(callback.depth, 3) * 2;
      context.fillStyle = accentLow;
      context.fillRect(start, y + inset, width, height - inset);
      const client = owners.ofCallback(row, callback);
      context.fillStyle = this.#client(client) ?? accent;
      context.fillRect(start, y + inset, Math.min(2, width), height - inset);
      context.fillRect(start, y + inset, width, 1);
      if (width > TELLS) {
        context.fillStyle = text;
        this.#write(callbackText(callback), start + 5, y + inset / 2 + height / 2 + 0.5, width - 7);
      }
      if (this.#isMarked(callback, picture)) this.#outline(start, y, width, height);
    }
    this.#drawDensity(y, height, accent);
  }

  #drawCalls({ row, y, height }: Track & { row: TimelineRow }, picture: Picture): void {
    const context = this.#context;
    const { text, dim, ground, line, waiting, waitingLow } = this.#palette;
    const { now, owners } = picture;
    const alive = Math.max(this.names, this.#x(row.start, picture));
    const dead = Math.min(this.#x(row.end ?? now, picture), this.#width);
    // It runs wherever no call is drawn.
    context.fillStyle = line;
    if (dead > alive) context.fillRect(alive, y + height / 2 - 0.5, dead - alive, 1);
    if (row.end !== undefined && dead > alive) context.fillRect(dead - 1, y + 2, 2, height - 4);
    const seen = this.#countNarrow(row.calls, picture);
    this.#drawFolds(row, y, height, picture);
    this.#text(10);
    for (const call of seen) {
      const start = Math.max(this.names, this.#x(call.start, picture));
      const end = Math.min(this.#width, this.#x(call.end ?? now, picture));
      if (end < this.names) continue;
      const width = end - start;
      const took = (call.end ?? now) - call.start;
      if (width < NARROWEST) {
        this.#count(start, 1);
        if (this.#isMarked(call, picture)) this.#outline(start - 2, y, 5, height);
        continue;
      }
      const isOpenEnded = hasNoKnownEnd(call);
      const waited = took >= WAITED && !isOpenEnded;
      const client = this.#client(owners.ofCall(row, call));
      if (isOpenEnded) {
        // How long it took is not known, so nothing of it is filled.
        context.fillStyle = client ?? dim;
        context.fillRect(start, y, Math.min(2.5, width), height);
        for (let x = start + 4; x < end; x += 6) {
          context.fillRect(x, y + height - 1.5, Math.min(3, end - x), 1.5);
        }
      } else if (waited) {
        context.fillStyle = waitingLow;
        context.fillRect(start, y, width, height);
        context.fillStyle = this.#hatching(waiting);
        context.globalAlpha = 0.55;
        context.fillRect(start, y, width, height);
        context.globalAlpha = 1;
        context.fillStyle = client ?? waiting;
        context.fillRect(start, y, Math.min(2.5, width), height);
        context.fillRect(start, y + height - 1.5, width, 1.5);
      } else {
        context.fillStyle = client ?? dim;
        context.fillRect(start, y, width, height);
      }
      if (width > TELLS && (waited || isOpenEnded)) {
        const label = `${shortCall(call)} ${isOpenEnded ? NO_KNOWN_END : timeText(took)}`;
        const wide = Math.min(context.measureText(label).width + 8, width - 4);
        context.fillStyle = isOpenEnded ? ground : waitingLow;
        context.fillRect(start + 3, y, wide, height - 1.5);
        context.fillStyle = text;
        this.#write(label, start + 7, y + height / 2, width - 9);
      }
      if (this.#isMarked(call, picture)) this.#outline(start, y, width, height);
    }
    this.#drawDensity(y, height, dim);
  }

  #drawFolds(row: TimelineRow, y: number, height: number, picture: Picture): void {
    const { from, span } = picture;
    for (const fold of row.folds) {
      if (fold.end < from || fold.start > from + span) continue;
      const start = this.#x(fold.start, picture);
      const end = Math.max(start + 1, this.#x(fold.end, picture));
      const each = fold.calls / (end - start);
      for (let x = Math.max(start, this.names); x < Math.min(end, this.#width); x += 1) {
        this.#count(x, each);
      }
      if (this.#isMarked(fold, picture)) this.#outline(start, y, end - start, height);
    }
  }

  #count(x: number, much: number): void {
    const index = Math.floor(x - this.names);
    const before = this.#density[index];
    if (before !== undefined) this.#density[index] = before + much;
  }

  /**
   * Counts what is too narrow to be seen alone. Of thousands a second there are tens of thousands in each frame,
   * so this costs as little as can be.
   * @returns the others that can be seen, and what is marked
   */
  #countNarrow<S extends Span>(spans: readonly S[], picture: Picture): S[] {
    const { from, span, now, selected, pointed } = picture;
    const density = this.#density;
    density.fill(0);
    const perMillisecond = this.room / span;
    const narrow = NARROWEST / perMillisecond;
    const one: object | undefined = selected && thingOf(selected);
    const other: object | undefined = pointed && thingOf(pointed);
    const last = firstAfter(spans, from + span);
    const rest: S[] = [];
    for (let index = this.#firstSeen(spans, from, now); index < last; index += 1) {
      const each = spans[index];
      if (each === undefined) continue;
      const { start, end } = each;
      if (end === undefined || end - start >= narrow || each === one || each === other) {
        rest.push(each);
        continue;
      }
      const column = Math.floor((start - from) * perMillisecond);
      // What is out of sight has no column.
      density[column] = (density[column] ?? 0) + 1;
    }
    return rest;
  }

  /** What is too narrow to be seen alone: the higher, the more of it there is in a pixel. */
  #drawDensity(y: number, height: number, colour: string): void {
    const context = this.#context;
    const density = this.#density;
    context.fillStyle = colour;
    // Neighbours of the same height are one rectangle: where much happens, most are.
    let first = 0;
    let tall = 0;
    for (let index = 0; index <= density.length; index += 1) {
      const much = density[index] ?? 0;
      const next = this.#tallOf(much, height);
      if (next === tall) continue;
      if (tall > 0) this.#drawColumns(first, index, y + height, tall);
      first = index;
      tall = next;
    }
  }

  /** How high so much is drawn, in whole pixels of the screen. */
  #tallOf(much: number, height: number): number {
    if (much === 0) return 0;
    const part = Math.min(1, 0.4 + Math.log2(1 + much) / 8);
    return Math.max(1, Math.round(part * height * this.#scale)) / this.#scale;
  }

  #drawColumns(first: number, end: number, bottom: number, tall: number): void {
    const width = Math.max(NARROWEST, end - first);
    this.#context.fillRect(this.names + first, bottom - tall, width, tall);
  }

  /** From which one on spans can be seen: of those before, one that goes on may still be. */
  #firstSeen(spans: readonly Span[], from: number, now: number): number {
    let index = firstAfter(spans, from);
    while (index > 0 && (spans[index - 1]?.end ?? now) >= from) index -= 1;
    // Calls do not hold each other; of callbacks a few do.
    return Math.max(0, index - 8);
  }

  #drawNames(picture: Picture): void {
    const context = this.#context;
    const { ground, text, dim, line } = this.#palette;
    const { names } = this;
    context.fillStyle = ground;
    context.fillRect(0, picture.top, names, this.#height);
    context.fillStyle = line;
    context.fillRect(names - 1, picture.top, 1, this.#height);
    context.textAlign = 'left';
    for (const track of picture.tracks) {
      if (track.kind === 'callbacks') continue;
      const middle = track.y + track.height / 2;
      const client = track.kind === 'lines' ? undefined : rowClient(track.row, picture.owners);
      const colour = this.#client(client);
      if (colour !== undefined) {
        context.fillStyle = colour;
        context.fillRect(6, middle - 4, 3, 8);
      }
      this.#text(11, track.kind === 'lines' ? 400 : 600);
      const ended = track.kind === 'calls' && track.row.end !== undefined;
      context.fillStyle = track.kind === 'lines' || ended ? dim : text;
      const name =
        track.kind === 'lines'
          ? this.#width < NARROW
            ? 'lines'
            : 'clients’ lines'
          : this.#nameOf(track.row, client, picture.timeline);
      this.#write(name, 13, middle, names - 18);
    }
  }

  #nameOf(row: TimelineRow, client: string | undefined, { rows }: Timeline): string {
    const [program = '', ...more] = rowName(row, rows).split(', ');
    const which = more.length > 0 ? more.join(', ') : program;
    const short = this.#width < NARROW ? which.replace('process ', '') : which;
    return client === undefined ? short : `${short}: ${client}`;
  }

  #write(label: string, x: number, y: number, width: number): void {
    const context = this.#context;
    if (width < 8) return;
    let shown = label;
    if (context.measureText(label).width > width) {
      const fits = Math.floor((label.length * width) / context.measureText(label).width) - 1;
      if (fits < 2) return;
      shown = `${label.slice(0, fits)}…`;
    }
    context.fillText(shown, x, y);
  }

  #isMarked(thing: object, { selected, pointed }: Picture): boolean {
    if (selected === undefined && pointed === undefined) return false;
    return (
      (selected !== undefined && thingOf(selected) === thing) ||
      (pointed !== undefined && thingOf(pointed) === thing)
    );
  }

  #outline(x: number, y: number, width: number, height: number): void {
    const context = this.#context;
    context.strokeStyle = this.#palette.text;
    context.lineWidth = 2;
    context.strokeRect(x, y, Math.max(width, 3), height);
  }

  #hatching(colour: string): CanvasPattern | string {
    if (this.#hatch) return this.#hatch;
    const tile = document.createElement('canvas');
    const size = HATCH * this.#scale;
    tile.width = size;
    tile.height = size;
    const context = tile.getContext('2d');
    if (!context) return colour;
    context.strokeStyle = colour;
    context.lineWidth = 1.25 * this.#scale;
    context.beginPath();
    for (const shift of [-size, 0, size]) {
      context.moveTo(shift - 2, size + 2);
      context.lineTo(shift + size + 2, -2);
    }
    context.stroke();
    const pattern = this.#context.createPattern(tile, 'repeat');
    if (!pattern) return colour;
    pattern.setTransform(new DOMMatrix().scale(1 / this.#scale));
    return (this.#hatch = pattern);
  }
}
