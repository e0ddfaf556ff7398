/** Marks beside the code that a page shows: they are laid over it, so that none of it moves, and over none of it. */
import { Follower } from './follower.ts';
import type { Place } from './in-sight.ts';
import type { LineMark, Markable } from './line-marks.ts';
import { columnsOf, formWithin, saidParts, WHOLE, type MarkForm } from './mark-room.ts';

/** Where the rows of a line are in its code, in pixels: a long line has several. */
interface Box {
  readonly top: number;
  readonly height: number;
  /** Where its first row ends, and its last. */
  readonly firstEnd: number;
  readonly lastEnd: number;
}

/** What is shown of one mark. */
interface Shown {
  readonly chip: HTMLElement;
  readonly bars: HTMLElement;
  /** Its parts, in their order. */
  readonly parts: Readonly<Record<keyof MarkForm, HTMLElement>>;
  key: string;
}

/** Of the processes at a line so many have a bar. */
const MOST_BARS = 4;
/** Beside the text of a mark, in pixels: its own edge, and what keeps it from the code. */
const EDGE = 14;
const GAP = 12;
const MARGIN = 6;

/** The code in `.program-code`. */
export class MarkedCode implements Markable {
  readonly #code: HTMLElement;
  readonly #layer = document.createElement('div');
  readonly #chips = new Map<number, Shown>();
  readonly #boxes = new Map<number, Box>();
  #lines: readonly HTMLElement[] = [];
  /** Whether these are of the reader’s own version. */
  #isOwn = false;
  #marked = new Set<number>();
  #pointed: number | undefined;
  /** How wide a character of a mark is, and how high a row of code, in pixels. */
  #column: number | undefined;
  #row: number | undefined;
  /** How wide the code is. Asked for after each text that is written, it would be laid out for each mark. */
  #width: number | undefined;
  readonly #follower: Follower;

  constructor(code: HTMLElement) {
    this.#code = code;
    this.#layer.className = 'line-marks';
    // The list of calls says it to those who do not see it.
    this.#layer.setAttribute('aria-hidden', 'true');
    this.#follower = new Follower(code);
    new ResizeObserver(() => this.#forget()).observe(code);
  }

  /** Goes to where something happens, until the reader scrolls. */
  follow(): void {
    this.#follower.follow();
  }

  mark(marks: readonly LineMark[]): void {
    if (!this.#findLines()) return;
    const isShown = this.#code.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const now = new Set(marks.map(({ line }) => line));
    for (const line of this.#marked) {
      if (now.has(line)) continue;
      const element = this.#lines[line - 1];
      element?.removeAttribute('data-here');
      element?.removeAttribute('data-lit');
    }
    this.#marked = now;
    const said = marks.filter(({ line, state }) => state !== undefined && this.#lines[line - 1]);
    const chipped = new Set(isShown ? said.map(({ line }) => line) : []);
    for (const mark of marks) {
      const element = this.#lines[mark.line - 1];
      if (!element) continue;
      setAttribute(element, 'data-here', mark.state);
      setAttribute(element, 'data-lit', mark.isLit ? '' : undefined);
      if (chipped.has(mark.line)) this.#say(mark, element, chipped);
    }
    for (const [line, { chip, bars }] of this.#chips) {
      if (chipped.has(line)) continue;
      chip.remove();
      bars.remove();
      this.#chips.delete(line);
    }
    if (isShown) this.#look(said);
  }

  point(line: number | undefined): void {
    if (!this.#findLines() || line === this.#pointed) return;
    const before = this.#pointed === undefined ? undefined : this.#lines[this.#pointed - 1];
    before?.removeAttribute('data-pointed');
    this.#pointed = line;
    const element = line === undefined ? undefined : this.#lines[line - 1];
    element?.setAttribute('data-pointed', '');
    if (!element || line === undefined) {
      // Back to where something happens, for those who have not scrolled.
      this.#follower.lookAgain();
      return;
    }
    const { top, height } = this.#boxOf(line, element);
    const place = { line, top, bottom: top + height, stays: true, count: 1, latest: 0 };
    this.#follower.show([place], this.#rowHeight(element));
  }

  /** The code comes into the page when there is time, and gives way to the reader’s own version. */
  #findLines(): boolean {
    const isOwn = this.#code.dataset['own'] !== undefined;
    if (this.#lines[0]?.isConnected && isOwn === this.#isOwn) return true;
    this.#isOwn = isOwn;
    for (const line of this.#lines) {
      for (const name of ['data-here', 'data-lit', 'data-pointed']) line.removeAttribute(name);
    }
    this.#marked.clear();
    this.#pointed = undefined;
    const source = isOwn ? '.own-source' : '.expressive-code:not(.own-source)';
    this.#lines = [...this.#code.querySelectorAll<HTMLElement>(`:scope > ${source} .ec-line`)];
    this.#forget();
    if (this.#lines.length === 0) return false;
    if (!this.#layer.isConnected) this.#code.append(this.#layer);
    return true;
  }

  /** Everything may be somewhere else. */
  #forget(): void {
    this.#boxes.clear();
    this.#column = undefined;
    this.#row = undefined;
    this.#width = undefined;
    this.#follower.lookAgain();
    for (const { chip, bars } of this.#chips.values()) {
      chip.remove();
      bars.remove();
    }
    this.#chips.clear();
  }

  #say(mark: LineMark, element: HTMLElement, chipped: ReadonlySet<number>): void {
    let shown = this.#chips.get(mark.line);
    if (!shown) {
      shown = newChip(mark.line);
      this.#layer.append(shown.bars, shown.chip);
      this.#chips.set(mark.line, shown);
    }
    const { chip, bars, parts } = shown;
    const said = saidParts(mark);
    setText(parts.what, said.what);
    setText(parts.lasts, said.lasts);
    setText(parts.names, said.names);
    this.#place(mark, element, shown, chipped);
    const key = `${mark.state ?? ''} ${mark.who.map(({ name, colour }) => name + colour).join()}`;
    if (key === shown.key) return;
    shown.key = key;
    setAttribute(chip, 'data-here', mark.state);
    chip.style.setProperty('--colour', mark.who[0]?.colour ?? '');
    bars.replaceChildren(
      ...mark.who.slice(0, MOST_BARS).map(({ colour }) => {
        const bar = document.createElement('i');
        bar.style.background = colour;
        return bar;
      }),
    );
  }

  /**
   * After the line’s last row, if all of the mark has room there. Else it hangs from the line, beside a row below
   * that is short enough. Else it says less.
   */
  #place(
    mark: LineMark,
    element: HTMLElement,
    { chip, bars, parts }: Shown,
    chipped: ReadonlySet<number>,
  ): void {
    const box = this.#boxOf(mark.line, element);
    const width = (this.#width ??= this.#code.clientWidth);
    const column = (this.#column ??= this.#measureColumn());
    const roomAfter = (end: number): number =>
      Math.floor((width - end - GAP - MARGIN - EDGE) / column);
    const whole = columnsOf(mark, WHOLE);
    const room = roomAfter(box.lastEnd);
    const next = chipped.has(mark.line + 1) ? undefined : this.#lines[mark.line];
    const below = next && this.#boxOf(mark.line + 1, next);
    const hangs = room < whole && below !== undefined && roomAfter(below.firstEnd) >= whole;
    const form = hangs ? WHOLE : formWithin(mark, room);
    chip.hidden = form === undefined;
    parts.what.hidden = !form?.what;
    parts.lasts.hidden = !form?.lasts;
    parts.names.hidden = !form?.names;
    setAttribute(chip, 'data-hangs', hangs ? '' : undefined);
    const { style } = chip;
    const bottom = box.top + box.height;
    const row = this.#rowHeight(element);
    setStyle(style, 'top', `${hangs ? bottom : bottom - row + 1}px`);
    setStyle(style, 'height', `${row - 2}px`);
    setStyle(style, 'left', hangs ? 'auto' : `${box.lastEnd + GAP}px`);
    setStyle(bars.style, 'top', `${box.top}px`);
    setStyle(bars.style, 'height', `${box.height}px`);
  }

  #measureColumn(): number {
    const { chip, parts } = newChip(0);
    const count = 40;
    parts.what.textContent = '0'.repeat(count);
    this.#layer.append(chip);
    const { width } = parts.what.getBoundingClientRect();
    chip.remove();
    return width > 0 ? width / count : Infinity;
  }

  #rowHeight(element: HTMLElement): number {
    return (this.#row ??= Number.parseFloat(getComputedStyle(element).lineHeight));
  }

  #boxOf(line: number, element: HTMLElement): Box {
    const found = this.#boxes.get(line);
    if (found) return found;
    const origin = this.#code.getBoundingClientRect();
    const { left, top, bottom, height } = element.getBoundingClientRect();
    const text = document.createRange();
    text.selectNodeContents(element.querySelector('.code') ?? element);
    const row = this.#rowHeight(element);
    const rects = [...text.getClientRects()].filter(({ width }) => width > 0);
    const endOf = (within: (rect: DOMRect) => boolean): number =>
      Math.max(left, ...rects.filter(within).map(({ right }) => right)) - origin.left;
    const box = {
      top: top - origin.top + this.#code.scrollTop,
      height,
      firstEnd: endOf((rect) => rect.top < top + row / 2),
      lastEnd: endOf((rect) => rect.bottom > bottom - row / 2),
    };
    this.#boxes.set(line, box);
    return box;
  }

  #look(marks: readonly LineMark[]): void {
    if (this.#pointed !== undefined) return;
    const places = marks.flatMap(({ line, state, who, latest }): Place[] => {
      const element = this.#lines[line - 1];
      if (!element) return [];
      const { top, height } = this.#boxOf(line, element);
      const bottom = top + height;
      return [{ line, top, bottom, stays: state !== 'called', count: who.length, latest }];
    });
    this.#follower.look(places, this.#row ?? 0);
  }
}

function newChip(line: number): Shown {
  const chip = document.createElement('div');
  chip.className = 'line-mark';
  chip.dataset['line'] = String(line);
  const parts = { what: span(), lasts: span(), names: span() };
  chip.append(parts.what, parts.lasts, parts.names);
  const bars = document.createElement('div');
  bars.className = 'line-bars';
  return { chip, bars, parts, key: '' };
}

function span(): HTMLElement {
  return document.createElement('span');
}

function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function setStyle(style: CSSStyleDeclaration, name: string, value: string): void {
  if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
}
