import { SNPRINTF_VALUES, snprintfTo } from '../sys/snprintf.ts';
import type { SnprintfArguments } from '../sys/snprintf.ts';

/** What `addPrintf()` takes: strings for `%s`, numbers and bigints for the rest. */
export type EvbufferPrintfArgument = string | number | bigint;

/** A conversion, or a `%` that begins none: flags, width, precision, size, letter. */
const CONVERSION = /%(?:%|([-+ 0#']*)(\*|\d*)(\.(?:\*|\d*))?(hh?|ll?|[jztL])?([a-zA-Z]))?/g;

const SIGNED = 'di';
const WHOLE = 'diouxX';
const REAL = 'aAeEfFgG';

/** The most values that one conversion takes: width, precision and what is converted. */
const MOST_OF_ONE = 3;

const INT_MAX = 2 ** 31 - 1;

/**
 * How many bytes all widths and precisions of a call may ask for. A few characters of a format could
 * take gigabytes and a minute otherwise.
 */
const MOST_PADDING = 64 << 20;

/** As much of a format as one snprintf(3) takes. */
interface Piece {
  format: string;
  readonly args: SnprintfArguments;
}

/** Formatting as printf(3) does, by the C library itself, of values whose types have been checked. */
export class Printf {
  readonly #text: string;
  readonly #values: Iterator<EvbufferPrintfArgument, undefined>;
  readonly #pieces: Piece[] = [];
  #piece: Piece;
  #padding = 0;

  /**
   * @throws RangeError for a conversion that cannot be printed, a number that does not fit, widths
   *   and precisions of more than 64 MiB, or if arguments are missing
   * @throws TypeError if an argument does not fit its conversion
   */
  constructor(text: string, values: readonly EvbufferPrintfArgument[]) {
    this.#text = text;
    this.#values = values.values();
    this.#piece = this.#startPiece();
    let end = 0;
    for (const match of withoutNul(text).matchAll(CONVERSION)) {
      // A type goes with each value.
      if (this.#piece.args.length / 2 > SNPRINTF_VALUES - MOST_OF_ONE) {
        this.#piece = this.#startPiece();
      }
      this.#piece.format += text.slice(end, match.index) + this.#convert(match);
      end = match.index + match[0].length;
    }
    this.#piece.format += text.slice(end);
  }

  /**
   * Formats into memory. The caller answers for `size` bytes being there.
   *
   * @returns how many bytes it makes, which all are there if they are fewer than `size`; below 0 if
   *   they are too many for an int
   */
  print(address: number, size: number): number {
    let length = 0;
    for (const { format, args } of this.#pieces) {
      // Each begins at the NUL of the one before. Without room it is only measured.
      const room = Math.max(0, size - length);
      const count = snprintfTo(room === 0 ? 0 : address + length, room, format, args);
      if (count < 0) return count;
      length += count;
    }
    return length > INT_MAX ? -1 : length;
  }

  #startPiece(): Piece {
    const piece: Piece = { format: '', args: [] };
    this.#pieces.push(piece);
    return piece;
  }

  /** Puts the argument of a conversion in the list. Returns the conversion that fits its type. */
  #convert([whole = '', flags, width, precision = '', size = '', letter]: (
    string | undefined
  )[]): string {
    if (whole === '%%') return whole;
    if (letter === undefined || !takesSize(letter, size)) {
      const name = letter === undefined ? 'a % without one' : whole;
      throw new RangeError(`${name} is no conversion that can be printed`);
    }
    const columns = width === '*' ? this.#pushInt() : Number(width);
    const places = precision === '.*' ? this.#pushInt() : Number(precision.slice(1));
    // One below 0 is a width to the left of which it begins, but no precision; a string has no more
    // bytes for its precision.
    const digits = letter === 's' || letter === 'c' ? 0 : Math.max(0, places);
    this.#pad(Math.max(Math.abs(columns), digits), whole);
    const shape = `%${flags ?? ''}${width ?? ''}`;
    const value = this.#next();
    if (letter === 's') {
      this.#push('const char *', withoutNul(String(value)));
      return `${shape}${precision}s`;
    }
    if (letter === 'c') return shape + this.#convertCharacter(value);
    if (REAL.includes(letter)) {
      this.#push('double', real(value, letter));
      // Numbers of JavaScript are doubles: there is no `long double` for an L to announce.
      return `${shape}${precision}${letter}`;
    }
    return `${shape}${precision}${this.#convertWhole(value, size, letter)}${letter}`;
  }

  #convertCharacter(value: EvbufferPrintfArgument): string {
    if (typeof value !== 'string') {
      this.#push('int', int(value, 'c'));
      return 'c';
    }
    const code = value.codePointAt(0) ?? 0;
    if (value !== String.fromCodePoint(code)) {
      throw new TypeError(`%c wants one character, not ${JSON.stringify(value)}`);
    }
    if (code < 0x80) {
      this.#push('int', code);
      return 'c';
    }
    // More than one byte.
    this.#push('const char *', value);
    return 's';
  }

  /** Returns the size that fits the number. */
  #convertWhole(value: EvbufferPrintfArgument, size: string, letter: string): string {
    const isSigned = SIGNED.includes(letter);
    if (size === '' && value === (Number(value) | 0)) {
      this.#push('int', value);
      return size;
    }
    const number = wholeNumber(value, letter);
    const isInt = number >= -(2n ** 31n) && number < (isSigned ? 2n ** 31n : 2n ** 32n);
    if (size.startsWith('h') || (size === '' && isInt)) {
      this.#push('int', Number(BigInt.asIntN(32, number)));
      return size;
    }
    if (isSigned) this.#push('int64_t', BigInt.asIntN(64, number));
    else this.#push('uint64_t', BigInt.asUintN(64, number));
    return 'll';
  }

  #pad(count: number, conversion: string): void {
    this.#padding += count;
    if (this.#padding <= MOST_PADDING) return;
    throw new RangeError(
      `the widths and precisions up to ${conversion} ask for ${String(this.#padding)} bytes: ` +
        `${String(MOST_PADDING)} are the most`,
    );
  }

  #pushInt(): number {
    const value = int(this.#next(), '*');
    this.#push('int', value);
    return value;
  }

  #push(type: string, value: string | number | bigint): void {
    this.#piece.args.push(type, value);
  }

  #next(): EvbufferPrintfArgument {
    const { value } = this.#values.next();
    if (value === undefined) {
      throw new RangeError(`too few arguments for ${JSON.stringify(this.#text)}`);
    }
    return value;
  }
}

function takesSize(letter: string, size: string): boolean {
  if (WHOLE.includes(letter)) return size !== 'L';
  if (REAL.includes(letter)) return size === '' || size === 'l' || size === 'L';
  return size === '' && (letter === 's' || letter === 'c');
}

/** C would take a NUL for the end of the string, and what follows would be lost. */
function withoutNul(text: string): string {
  if (!text.includes('\0')) return text;
  throw new TypeError(`a string to print cannot have a NUL in it: ${JSON.stringify(text)}`);
}

function real(value: EvbufferPrintfArgument, letter: string): number {
  if (typeof value === 'string') {
    throw new TypeError(`%${letter} wants a number, not ${JSON.stringify(value)}`);
  }
  return Number(value);
}

function wholeNumber(value: EvbufferPrintfArgument, letter: string): bigint {
  if (typeof value === 'string' || (typeof value === 'number' && !Number.isFinite(value))) {
    const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
    throw new TypeError(`%${letter} wants a whole number, not ${shown}`);
  }
  const number = typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
  if (number >= -(2n ** 63n) && number < 2n ** 64n) return number;
  throw new RangeError(`%${letter} has 64 bits: ${String(value)} does not fit`);
}

function int(value: EvbufferPrintfArgument, letter: string): number {
  const number = wholeNumber(value, letter);
  if (number === BigInt.asIntN(32, number)) return Number(number);
  throw new RangeError(`%${letter} wants an int: ${String(value)} does not fit`);
}
