/**
 * Lets the browser scroll a terminal. xterm 6 draws its lines in place and knows a wheel, but no finger.
 * So the terminal stands still in a box that scrolls over a height of as many lines, and each shows
 * where the other is. The browser does the rest: momentum, and going on with the page at the ends.
 */
import type { Terminal } from '@xterm/xterm';

function box(parent: Element, className: string): HTMLElement {
  const element = document.createElement('div');
  element.className = className;
  parent.append(element);
  return element;
}

/** The boxes around a terminal, in `host`. */
export class TerminalScroll {
  /** Where the terminal opens. */
  readonly view: HTMLElement;
  readonly #scroller: HTMLElement;
  readonly #lines: HTMLElement;

  constructor(host: HTMLElement) {
    this.#scroller = box(host, 'lab-xterm-scroller');
    this.#lines = box(this.#scroller, 'lab-xterm-lines');
    this.view = box(this.#lines, 'lab-xterm-view');
  }

  /** Keeps the two together, for as long as the terminal lives. */
  follow(terminal: Terminal): void {
    const screen = terminal.element?.querySelector('.xterm-screen');
    if (!screen) throw new Error('The terminal is not open.');
    const lineHeight = (): number => screen.getBoundingClientRect().height / terminal.rows;
    const lineAtTop = (): number => Math.round(this.#scroller.scrollTop / lineHeight());
    /** Where the box was last brought to: its event comes later, and may find the terminal further. */
    let broughtTo: number | undefined;

    terminal.onRender(() => {
      const { baseY, viewportY } = terminal.buffer.active;
      this.#lines.style.setProperty('--scrollback', `${baseY * lineHeight()}px`);
      if (lineAtTop() !== viewportY) this.#scroller.scrollTop = viewportY * lineHeight();
      broughtTo = lineAtTop();
    });
    this.#scroller.addEventListener('scroll', () => {
      // A terminal that is not shown has no height, and lineAtTop() is no number.
      if (!(lineHeight() > 0) || lineAtTop() === broughtTo) return;
      broughtTo = undefined;
      terminal.scrollToLine(lineAtTop());
    });
  }
}
