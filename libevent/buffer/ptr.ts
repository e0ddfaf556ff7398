/** `ptrSet()` sets the position. */
export const EVBUFFER_PTR_SET = 0;
/** `ptrSet()` moves the position on. */
export const EVBUFFER_PTR_ADD = 1;

/** A place in an evbuffer, good until the buffer changes: libevent's `struct evbuffer_ptr`. */
export class EvbufferPtr {
  /** How many bytes come before it; -1 for no place, and for what was not found. */
  pos: number;

  /** @param pos - how many bytes come before it, or -1; `ptrSet()` checks what it is told */
  constructor(pos = -1) {
    this.pos = pos;
  }
}

/** The end of a line, found in an evbuffer. */
export interface EvbufferEol {
  /** Where it begins, -1 if there is none. */
  readonly ptr: EvbufferPtr;
  /** How many bytes it has, 0 if there is none. */
  readonly length: number;
}
