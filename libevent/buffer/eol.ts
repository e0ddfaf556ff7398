/** Any number of CR and LF bytes in a row end a line. */
export const EVBUFFER_EOL_ANY = 0;
/** LF ends a line, and a CR before it belongs to the ending. */
export const EVBUFFER_EOL_CRLF = 1;
/** CR and LF together end a line. */
export const EVBUFFER_EOL_CRLF_STRICT = 2;
/** LF ends a line. */
export const EVBUFFER_EOL_LF = 3;
/** A NUL byte ends a line. */
export const EVBUFFER_EOL_NUL = 4;

/** One of the EVBUFFER_EOL_ constants. */
export type EvbufferEolStyle = 0 | 1 | 2 | 3 | 4;

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

/** Bytes that can be looked through, wherever they lie. */
export interface ByteSource {
  /** The byte at a position, or -1 past the last one. */
  byteAt(position: number): number;
  /** The position of the first such byte from a position on, and before another if given, or -1. */
  indexOf(byte: number, from: number, end?: number): number;
}

function isEol(byte: number): boolean {
  return byte === CR || byte === LF;
}

function findAny(source: ByteSource, from: number): number {
  const lf = source.indexOf(LF, from);
  const cr = lf < 0 ? source.indexOf(CR, from) : source.indexOf(CR, from, lf);
  return cr < 0 ? lf : cr;
}

function findCrlf(source: ByteSource, from: number): number {
  let lf = source.indexOf(LF, from);
  while (lf >= 0 && (lf === from || source.byteAt(lf - 1) !== CR)) lf = source.indexOf(LF, lf + 1);
  return lf < 0 ? -1 : lf - 1;
}

/**
 * Looks for the first end of a line.
 *
 * @param from - where the search begins
 * @returns its position, or -1 if there is none
 */
export function findEol(source: ByteSource, style: EvbufferEolStyle, from: number): number {
  switch (style) {
    case EVBUFFER_EOL_ANY:
      return findAny(source, from);
    case EVBUFFER_EOL_CRLF: {
      const lf = source.indexOf(LF, from);
      return lf > from && source.byteAt(lf - 1) === CR ? lf - 1 : lf;
    }
    case EVBUFFER_EOL_CRLF_STRICT:
      return findCrlf(source, from);
    case EVBUFFER_EOL_LF:
      return source.indexOf(LF, from);
    case EVBUFFER_EOL_NUL:
      return source.indexOf(NUL, from);
  }
}

/**
 * How many bytes the end of a line takes that {@link findEol} found.
 *
 * @param at - where it is
 */
export function eolLength(source: ByteSource, style: EvbufferEolStyle, at: number): number {
  switch (style) {
    case EVBUFFER_EOL_ANY: {
      let end = at;
      while (isEol(source.byteAt(end))) end++;
      return end - at;
    }
    case EVBUFFER_EOL_CRLF:
      return source.byteAt(at) === CR ? 2 : 1;
    case EVBUFFER_EOL_CRLF_STRICT:
      return 2;
    case EVBUFFER_EOL_LF:
    case EVBUFFER_EOL_NUL:
      return 1;
  }
}
