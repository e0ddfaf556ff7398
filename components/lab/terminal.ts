/** A terminal on the page: xterm.js in a `<readable-terminal>`. It lives for one run. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal, type ITheme } from '@xterm/xterm';
import xtermCss from '@xterm/xterm/css/xterm.css?inline';
import { MAX_COLS, MAX_ROWS, type TerminalSize } from '../../protocol/messages.ts';
import { DisplayText } from './display-text.ts';
import { BOUNDED_FINALS, RepeatBounds, mostRepeats, pieces } from './repeat-bounds.ts';
import { linkSources, type SourcePlaces } from './source-links.ts';
import type { TerminalElement, TextSource } from './terminal-element.ts';
import { guard } from './terminal-guard.ts';
import { takeKeys } from './terminal-keys.ts';
import { columnsTaken, keepCursor } from './terminal-reflow.ts';
import { TerminalScroll } from './terminal-scroll.ts';

/** Told of what the reader does with a terminal. */
export interface TerminalEvents {
  input(bytes: Uint8Array): void;
  resized(size: TerminalSize): void;
  /** Which places of files lead somewhere, where a program prints them. */
  readonly places?: SourcePlaces;
}

const SCROLLBACK = 10_000;

/** Backspace at the beginning of a line goes back to the end of the one before, if that goes on in it. */
const REVERSE_WRAP = '\u001b[?45h';
/** Breaks off what was begun, and undoes what was set: CAN, and DECSTR of the VT220. */
const AFRESH = `\u0018\u001b[!p${REVERSE_WRAP}`;

/** REP of ECMA-48, 8.3.103, writes the character before the cursor again, so many times. */
const REPEAT_CHARACTER = 'b';
/** How much of it is carried out, in characters: more than a line. */
const MOST_REPEATS = 1000;

/**
 * xterm lets the page breathe between the pieces that it is given, but not within one: in characters,
 * few enough that a piece full of the slowest control sequences takes less than a tenth of a second.
 */
const PIECE = 512;

/** Only once the size has held for so long is the program told: a drag makes many sizes. */
const RESIZE_SETTLES = 100;

/** The entries of xterm’s theme, each from the custom property `--term-…` of its name. */
const COLOURS = [
  { name: 'background', property: 'bg' },
  { name: 'foreground', property: 'fg' },
  { name: 'selectionBackground', property: 'selection' },
  { name: 'cursor', property: 'cursor' },
  { name: 'cursorAccent', property: 'bg' },
  { name: 'black', property: 'black' },
  { name: 'red', property: 'red' },
  { name: 'green', property: 'green' },
  { name: 'yellow', property: 'yellow' },
  { name: 'blue', property: 'blue' },
  { name: 'magenta', property: 'magenta' },
  { name: 'cyan', property: 'cyan' },
  { name: 'white', property: 'white' },
  { name: 'brightBlack', property: 'bright-black' },
  { name: 'brightRed', property: 'bright-red' },
  { name: 'brightGreen', property: 'bright-green' },
  { name: 'brightYellow', property: 'bright-yellow' },
  { name: 'brightBlue', property: 'bright-blue' },
  { name: 'brightMagenta', property: 'bright-magenta' },
  { name: 'brightCyan', property: 'bright-cyan' },
  { name: 'brightWhite', property: 'bright-white' },
] as const satisfies readonly { name: keyof ITheme; property: string }[];

let stylesAdded = false;

function addStyles(): void {
  if (stylesAdded) return;
  stylesAdded = true;
  const style = document.createElement('style');
  style.textContent = xtermCss;
  // First, so that the book’s own rules for a terminal come after xterm’s.
  document.head.prepend(style);
}

function readTheme(element: Element): ITheme {
  const style = getComputedStyle(element);
  const theme: ITheme = {};
  for (const { name, property } of COLOURS) {
    theme[name] = style.getPropertyValue(`--term-${property}`).trim();
  }
  return theme;
}

/** A live terminal. */
export class LabTerminal implements TextSource, Disposable {
  readonly #element: TerminalElement;
  readonly #host = document.createElement('div');
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #cleanup = new AbortController();
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #bounds = new RepeatBounds();
  readonly #display = new DisplayText();
  /** What is to be written once the terminal has its new size. */
  #held: Uint8Array[] | undefined;

  constructor(element: TerminalElement, events: TerminalEvents) {
    addStyles();
    this.#element = element;
    const style = getComputedStyle(element);
    this.#terminal = new Terminal({
      fontFamily: style.fontFamily,
      fontSize: Number.parseFloat(style.fontSize),
      lineHeight: 1.2,
      scrollback: SCROLLBACK,
      // A line that is being typed is nobody else’s to draw again: there is no shell.
      reflowCursorLine: true,
      theme: readTheme(element),
      minimumContrastRatio: 4.5,
      // Without it a screen reader finds nothing in a terminal.
      screenReaderMode: true,
      cursorInactiveStyle: 'outline',
      // What is pasted is sent as it is, whatever a program asks for.
      ignoreBracketedPasteMode: true,
    });
    this.#host.className = 'lab-xterm';
    element.append(this.#host);
    element.source = this;
    this.#terminal.loadAddon(this.#fit);
    const scroll = new TerminalScroll(this.#host);
    this.#terminal.open(scroll.view);
    this.#terminal.textarea?.setAttribute('aria-label', element.ariaLabel ?? '');
    this.#terminal.write(REVERSE_WRAP);
    this.#fit.fit();
    scroll.follow(this.#terminal);
    guard(this.#terminal);
    if (events.places) linkSources(this.#terminal, events.places);
    this.#boundRepeats();
    this.#announceOnlyWithFocus();
    const send = (text: string): void => events.input(this.#encoder.encode(text));
    takeKeys(this.#terminal, this.#host, send, this.#cleanup.signal);
    this.#followSize(events);
    this.#followTheme();
  }

  /** Everything shown so far, with wrapped lines joined and no empty lines at the end. */
  get text(): string {
    const buffer = this.#terminal.buffer.active;
    // Rows that were never written can count as the rest of a line, after one has been wrapped anew.
    let end = buffer.length;
    while (end > 0 && !buffer.getLine(end - 1)?.translateToString(true)) end -= 1;
    let text = '';
    for (let index = 0; index < end; index += 1) {
      const line = buffer.getLine(index);
      if (!line) break;
      if (index > 0 && !line.isWrapped) text += '\n';
      // A line that goes on in the next is full: blanks at its end are text.
      const next = index + 1 < end ? buffer.getLine(index + 1) : undefined;
      text += next?.isWrapped
        ? line.translateToString(false, 0, columnsTaken(line, next))
        : line.translateToString(true);
    }
    return text;
  }

  get size(): TerminalSize {
    const { cols, rows } = this.#terminal;
    return { cols: Math.min(cols, MAX_COLS), rows: Math.min(rows, MAX_ROWS) };
  }

  write(bytes: Uint8Array): void {
    if (this.#held) {
      this.#held.push(bytes);
      return;
    }
    const text = this.#display.take(this.#decoder.decode(bytes, { stream: true }));
    for (const piece of pieces(this.#bounds.take(text, this.#terminal), PIECE)) {
      this.#terminal.write(piece);
    }
  }

  /** Takes the focus. The page stays where it is. */
  focus(): void {
    this.#terminal.textarea?.focus({ preventScroll: true });
  }

  /** Another process begins in it: nothing that the one before did to it is left but its text. */
  begin(): void {
    this.write(this.#encoder.encode(AFRESH));
  }

  /** Says whether there is a process that could take what is typed. */
  set interactive(interactive: boolean) {
    this.#terminal.options.disableStdin = !interactive;
    this.#terminal.options.cursorInactiveStyle = interactive ? 'outline' : 'none';
  }

  [Symbol.dispose](): void {
    this.#cleanup.abort();
    this.#terminal.dispose();
    this.#host.remove();
    if (this.#element.source === this) this.#element.source = undefined;
  }

  /** What {@link RepeatBounds} has not clamped, because xterm reads it otherwise, is left out. */
  #boundRepeats(): void {
    const { parser } = this.#terminal;
    for (const final of BOUNDED_FINALS) {
      parser.registerCsiHandler(
        { final },
        ([count]) => Number(count) > (mostRepeats(final, this.#terminal) ?? Infinity),
      );
    }
    // A cell can hold any number of combining characters, and each is written again.
    parser.registerCsiHandler(
      { final: REPEAT_CHARACTER },
      ([count]) => Number(count) * this.#lengthBeforeCursor() > MOST_REPEATS,
    );
  }

  /** How long the text of the cells is that REP may mean: a wide character takes two. */
  #lengthBeforeCursor(): number {
    const { active } = this.#terminal.buffer;
    const line = active.getLine(active.baseY + active.cursorY);
    const cells = [active.cursorX - 2, active.cursorX - 1].map((x) => line?.getCell(x));
    return cells.reduce((length, cell) => length + (cell?.getChars().length ?? 0), 1);
  }

  /** Several terminals that all speak would drown each other: only the one with the focus does. */
  #announceOnlyWithFocus(): void {
    const region = this.#host.querySelector('[aria-live]');
    if (!region) return;
    const { signal } = this.#cleanup;
    region.setAttribute('aria-live', 'off');
    this.#host.addEventListener('focusin', () => region.setAttribute('aria-live', 'polite'), {
      signal,
    });
    this.#host.addEventListener('focusout', () => region.setAttribute('aria-live', 'off'), {
      signal,
    });
  }

  /** Takes the size of its place, between what is written before and what after. */
  #resize(): void {
    if (this.#held) return;
    const held: Uint8Array[] = [];
    this.#held = held;
    this.#terminal.write('', () => {
      if (this.#cleanup.signal.aborted) return;
      this.#terminal.write(keepCursor(this.#terminal, () => this.#fit.fit()));
      this.#held = undefined;
      for (const bytes of held) this.write(bytes);
    });
  }

  #followSize(events: TerminalEvents): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.#element);
    this.#terminal.onResize(() => {
      clearTimeout(timer);
      timer = setTimeout(() => events.resized(this.size), RESIZE_SETTLES);
    });
    this.#cleanup.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      observer.disconnect();
    });
  }

  /** The page’s theme is an attribute of the root element. */
  #followTheme(): void {
    const observer = new MutationObserver(() => {
      this.#terminal.options.theme = readTheme(this.#element);
    });
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    this.#cleanup.signal.addEventListener('abort', () => observer.disconnect());
  }
}
