/** What a process has printed, as text, with what a client received from its server told apart. */
import { RECEIVED } from '../protocol/received.ts';

/** The most text kept of a stream; the scenario player looks only at what is recent. */
const KEPT = 256 * 1024;

/** Text that only grows, read from a position on. Old text is dropped, positions stay. */
export class TextLog {
  #text = '';
  #dropped = 0;

  /** The position after the last character. */
  get end(): number {
    return this.#dropped + this.#text.length;
  }

  append(text: string): void {
    this.#text += text;
    // Cut only when twice as much is there, so that a flood is not copied for every chunk.
    if (this.#text.length <= 2 * KEPT) return;
    const excess = this.#text.length - KEPT;
    this.#text = this.#text.slice(excess);
    this.#dropped += excess;
  }

  /** The text from a position on, as far as it is still kept. */
  since(position: number): string {
    return this.#text.slice(Math.max(0, position - this.#dropped));
  }
}

/** How much of the end of `text` might be the beginning of `marker`. */
function partialLength(text: string, marker: string): number {
  for (let length = Math.min(marker.length - 1, text.length); length > 0; length -= 1) {
    if (marker.startsWith(text.slice(-length))) return length;
  }
  return 0;
}

/**
 * Decodes the output of one process as it comes, in chunks that may end anywhere: within a
 * character, a line end or a marker. The terminal's `\r\n` becomes `\n` again.
 */
export class Transcript {
  /** Everything but the markers. */
  readonly printed: TextLog;
  /** Of that, what came from the server, by the markers a client puts around it. */
  readonly received: TextLog;
  /** The rest: what was typed, and the client’s own notes. */
  readonly own: TextLog;

  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #pending = '';
  #receiving = false;

  /** @param before of an earlier process in the same terminal: its logs are continued */
  constructor(before?: Transcript) {
    this.printed = before?.printed ?? new TextLog();
    this.received = before?.received ?? new TextLog();
    this.own = before?.own ?? new TextLog();
  }

  /** Takes the next bytes of output. */
  append(bytes: Uint8Array): void {
    let text = this.#pending + this.#decoder.decode(bytes, { stream: true });
    // A `\r` at the very end may be half of `\r\n`.
    const carriage = text.endsWith('\r') ? '\r' : '';
    text = text.slice(0, text.length - carriage.length).replaceAll('\r\n', '\n');
    for (;;) {
      const marker = this.#receiving ? RECEIVED.end : RECEIVED.start;
      const at = text.indexOf(marker);
      if (at < 0) {
        const partial = carriage ? 0 : partialLength(text, marker);
        this.#take(text.slice(0, text.length - partial));
        this.#pending = text.slice(text.length - partial) + carriage;
        return;
      }
      this.#take(text.slice(0, at));
      text = text.slice(at + marker.length);
      this.#receiving = !this.#receiving;
    }
  }

  #take(text: string): void {
    if (text === '') return;
    this.printed.append(text);
    (this.#receiving ? this.received : this.own).append(text);
  }
}
