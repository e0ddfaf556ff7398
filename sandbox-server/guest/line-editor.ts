/**
 * What a terminal does with keys while a line is typed: termios(3), canonical mode. A client does it
 * itself, since the kernel's echo would come byte by byte, between two bytes of a character that the
 * client is printing. Pure.
 */
import { columnsOf } from './columns.ts';

const END_OF_FILE = 0x04;
const TAB = 0x09;
const NEWLINE = 0x0a;
const KILL = 0x15;
const ERASE_WORD = 0x17;
const SPACE = 0x20;
const ERASE = 0x7f;

/** Longer than any line that a server of ours answers whole. */
export const LONGEST_LINE = 64 * 1024;

const BELL = 0x07;
/** Back over a column, and back over what is written instead. */
const RUB_OUT = [0x08, SPACE, 0x08];
/** From one tab stop to the next. */
const TAB_STOP = 8;

/** What comes of some keys. */
export interface Edited {
  /** To be shown. */
  readonly echo: string;
  /** Whole lines, and what Ctrl-D has sent of one. */
  readonly sent: Uint8Array;
  /** Whether Ctrl-D was pressed where nothing was to be sent: the end of the input. */
  readonly ended: boolean;
}

/** What a line has no use for: an echo of it would move the cursor, or clear the screen. */
function isRefused(byte: number): boolean {
  return (byte < SPACE && byte !== TAB) || byte === ERASE;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** How many bytes a character has that begins with this one: utf-8(7). */
function sizeFrom(byte: number): number {
  if (byte < 0xc0) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/** How many columns some typed characters take, none of them a tab. */
function columns(typed: readonly number[]): number {
  let sum = 0;
  for (const character of new TextDecoder().decode(Uint8Array.from(typed))) {
    sum += columnsOf(character.codePointAt(0) ?? 0);
  }
  return sum;
}

/** The line that is being typed. */
export class LineEditor {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #line: number[] = [];
  /** Whether the character that comes has no room: then none of its bytes has. */
  #isFull = false;

  /** Whether something is typed that is not sent. */
  get withinLine(): boolean {
    return this.#line.length > 0;
  }

  /** Takes the next keys, which may end within a character. */
  take(keys: Uint8Array): Edited {
    const echo: number[] = [];
    const sent: number[] = [];
    let ended = false;
    for (const byte of keys) {
      if (byte === END_OF_FILE && !this.withinLine) {
        ended = true;
        break;
      }
      this.#press(byte, echo, sent);
    }
    return {
      echo: this.#decoder.decode(Uint8Array.from(echo), { stream: true }),
      sent: Uint8Array.from(sent),
      ended,
    };
  }

  #press(byte: number, echo: number[], sent: number[]): void {
    switch (byte) {
      case NEWLINE:
        echo.push(NEWLINE);
        this.#line.push(NEWLINE);
        this.#moveTo(sent);
        break;
      case END_OF_FILE:
        this.#moveTo(sent);
        break;
      case ERASE:
        this.#erase(echo);
        break;
      case ERASE_WORD:
        while (this.#line.at(-1) === SPACE) this.#erase(echo);
        while (this.withinLine && this.#line.at(-1) !== SPACE) this.#erase(echo);
        break;
      case KILL:
        while (this.withinLine) this.#erase(echo);
        break;
      default:
        if (isRefused(byte)) break;
        if (!this.#hasRoom(byte)) {
          if (!isContinuation(byte)) echo.push(BELL);
        } else if (byte === TAB) {
          // As with TAB3: a tab itself stops at the terminal's edge, and nobody could tell how far it went.
          for (let column = this.#toTabStop(); column > 0; column -= 1) echo.push(SPACE);
          this.#line.push(TAB);
        } else {
          this.#line.push(byte);
          echo.push(byte);
        }
    }
  }

  #hasRoom(byte: number): boolean {
    const size = isContinuation(byte) ? 1 : sizeFrom(byte);
    const full = this.#line.length + size > LONGEST_LINE;
    this.#isFull = full || (this.#isFull && isContinuation(byte));
    return !this.#isFull;
  }

  #moveTo(sent: number[]): void {
    for (const byte of this.#line) sent.push(byte);
    this.#line.length = 0;
    this.#isFull = false;
  }

  /** Takes the last character of the line. */
  #erase(echo: number[]): void {
    const start = this.#line.findLastIndex((byte) => !isContinuation(byte));
    const character = this.#line.splice(Math.max(start, 0));
    const width = character[0] === TAB ? this.#toTabStop() : columns(character);
    for (let column = 0; column < width; column += 1) echo.push(...RUB_OUT);
  }

  /** How far a tab goes that follows the line: its stops are counted from where the line begins. */
  #toTabStop(): number {
    return TAB_STOP - (columns(this.#line.slice(this.#line.lastIndexOf(TAB) + 1)) % TAB_STOP);
  }
}
