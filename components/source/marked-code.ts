/** Marks beside the code that a page shows: they are laid over it, so that none of it moves. */
import type { LineMark, Markable } from './line-marks.ts';

/** Where a line is in its code, in pixels. */
interface Box {
  readonly top: number;
  readonly height: number;
  /** Where its text ends. */
  readonly end: number;
}

/** So long does a line have to be waited at before the code is scrolled to it, in milliseconds. */
const SETTLES = 250;
/** Of the processes at a line so many have a bar. */
const MOST_BARS = 4;

/** The code in `.program-code`. */
export class MarkedCode implements Markable {
  readonly #code: HTMLElement;
  readonly #layer = document.createElement('div');
  readonly #chips = new Map<number, { chip: HTMLElement; bars: HTMLElement; key: string }>();
  readonly #boxes = new Map<number, Box>();
  #lines: readonly HTMLElement[] = [];
  #marked = new Set<number>();
  #pointed: number | undefined;
  /** Whether the code is scrolled to where the program waits: until the reader scrolls it. */
  #follows = true;
  #at: { line: number; since: number; done: boolean } | undefined;

  constructor(code: HTMLElement) {
    this.#code = code;
    this.#layer.className = 'line-marks';
    // The list of calls says it to those who do not see it.
    this.#layer.setAttribute('aria-hidden', 'true');
    for (const event of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
      code.addEventListener(event, () => (this.#follows = false), { passive: true });
    }
    new ResizeObserver(() => {
      this.#boxes.clear();
      for (const { chip, bars } of this.#chips.values()) {
        chip.remove();
        bars.remove();
      }
      this.#chips.clear();
    }).observe(code);
  }

  /** Goes to where the program waits, until the reader scrolls. */
  follow(): void {
    this.#follows = true;
    this.#at = undefined;
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
    const chipped = new Set<number>();
    for (const mark of marks) {
      const element = this.#lines[mark.line - 1];
      if (!element) continue;
      setAttribute(element, 'data-here', mark.state);
      setAttribute(element, 'data-lit', mark.isLit ? '' : undefined);
      if (mark.state === undefined || !isShown) continue;
      chipped.add(mark.line);
      this.#say(mark, element);
    }
    for (const [line, { chip, bars }] of this.#chips) {
      if (chipped.has(line)) continue;
      chip.remove();
      bars.remove();
      this.#chips.delete(line);
    }
    if (isShown) this.#goTo(marks.find(({ state }) => state === 'waits')?.line);
  }

  point(line: number | undefined): void {
    if (!this.#findLines() || line === this.#pointed) return;
    const before = this.#pointed === undefined ? undefined : this.#lines[this.#pointed - 1];
    before?.removeAttribute('data-pointed');
    this.#pointed = line;
    const element = line === undefined ? undefined : this.#lines[line - 1];
    element?.setAttribute('data-pointed', '');
    if (element && line !== undefined) this.#show(line, element);
  }

  /** The code comes into the page when there is time. */
  #findLines(): boolean {
    if (this.#lines[0]?.isConnected) return true;
    this.#lines = [...this.#code.querySelectorAll<HTMLElement>('.ec-line')];
    this.#boxes.clear();
    if (this.#lines.length === 0) return false;
    if (!this.#layer.isConnected) this.#code.append(this.#layer);
    return true;
  }

  #say({ line, state, who, text }: LineMark, element: HTMLElement): void {
    let marked = this.#chips.get(line);
    if (!marked) {
      const { top, height, end } = this.#boxOf(line, element);
      const chip = document.createElement('div');
      chip.className = 'line-mark';
      chip.dataset['line'] = String(line);
      chip.style.top = `${top}px`;
      chip.style.height = `${height}px`;
      chip.style.setProperty('--end', `${end}px`);
      chip.append(document.createElement('span'));
      const bars = document.createElement('div');
      bars.className = 'line-bars';
      bars.style.top = `${top}px`;
      bars.style.height = `${height}px`;
      this.#layer.append(bars, chip);
      marked = { chip, bars, key: '' };
      this.#chips.set(line, marked);
    }
    const { chip, bars } = marked;
    const [label] = chip.children;
    if (label && label.textContent !== text) label.textContent = text;
    const key = `${state ?? ''} ${who.map(({ name, colour }) => name + colour).join()}`;
    if (key === marked.key) return;
    marked.key = key;
    setAttribute(chip, 'data-here', state);
    chip.style.setProperty('--colour', who[0]?.colour ?? '');
    bars.replaceChildren(
      ...who.slice(0, MOST_BARS).map(({ colour }) => {
        const bar = document.createElement('i');
        bar.style.background = colour;
        return bar;
      }),
    );
  }

  #boxOf(line: number, element: HTMLElement): Box {
    const found = this.#boxes.get(line);
    if (found) return found;
    const origin = this.#code.getBoundingClientRect();
    const { top, height } = element.getBoundingClientRect();
    const text = document.createRange();
    text.selectNodeContents(element.querySelector('.code') ?? element);
    const box = {
      top: top - origin.top + this.#code.scrollTop,
      height,
      end: text.getBoundingClientRect().right - origin.left,
    };
    this.#boxes.set(line, box);
    return box;
  }

  /** Scrolls the code to where the program waits, once it has waited there for a moment. */
  #goTo(line: number | undefined): void {
    if (!this.#follows || line === undefined) return;
    const now = performance.now();
    if (this.#at?.line !== line) {
      this.#at = { line, since: now, done: false };
      return;
    }
    if (this.#at.done || now - this.#at.since < SETTLES) return;
    this.#at.done = true;
    const element = this.#lines[line - 1];
    if (element) this.#show(line, element);
  }

  #show(line: number, element: HTMLElement): void {
    const { top, height } = this.#boxOf(line, element);
    const { scrollTop, clientHeight } = this.#code;
    if (top >= scrollTop + height && top + 2 * height <= scrollTop + clientHeight) return;
    this.#code.scrollTop = top - clientHeight / 2;
  }
}

function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
