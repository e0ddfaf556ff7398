import assert from 'node:assert/strict';
import type { EvbufferEolStyle } from '../buffer/eol.ts';
import { Evbuffer } from '../buffer/evbuffer.ts';
import { bytesOf } from './evbuffer.ts';

/** What ends a line, as regular expressions say it; in the order of the EVBUFFER_EOL_ constants. */
const EOLS = [/[\r\n]+/, /\r?\n/, /\r\n/, /\n/, /\0/];

/** An evbuffer and what it must be: a plain Buffer, and what its callbacks must have told. */
export class Modelled implements Disposable {
  readonly real = new Evbuffer();
  bytes = Buffer.alloc(0);
  frontFrozen = false;
  endFrozen = false;
  /** Whether it can hold bytes that addBufferReference() does not take. */
  isTainted = false;
  #added = 0;
  #deleted = 0;
  #toldAdded = 0;
  #toldDeleted = 0;

  constructor() {
    this.real.addCb((buffer, { origSize, nAdded, nDeleted }) => {
      assert.equal(origSize + nAdded - nDeleted, buffer.getLength());
      assert.ok(nAdded + nDeleted > 0);
      this.#toldAdded += nAdded;
      this.#toldDeleted += nDeleted;
    }, null);
  }

  append(bytes: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    this.#added += bytes.length;
  }

  prepend(bytes: Uint8Array): void {
    this.bytes = Buffer.concat([bytes, this.bytes]);
    this.#added += bytes.length;
  }

  /** Takes bytes off the front. */
  take(count: number): Buffer {
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    this.#deleted += taken.length;
    if (this.bytes.length === 0) this.isTainted = false;
    return taken;
  }

  /** Where the end of a line is, from a position on, and its length. */
  eol(style: EvbufferEolStyle, from: number): [number, number] {
    const match = EOLS[style]?.exec(this.bytes.toString('latin1', from)) ?? null;
    return match === null ? [-1, 0] : [match.index + from, match[0].length];
  }

  /** Compares what can be compared without looking at the bytes, which fetches those of files. */
  checkCounts(): void {
    assert.equal(this.real.getLength(), this.bytes.length);
    assert.deepEqual([this.#toldAdded, this.#toldDeleted], [this.#added, this.#deleted]);
  }

  /** Compares the bytes too. */
  check(): void {
    this.checkCounts();
    const pieces: Uint8Array[] = [];
    assert.equal(this.real.peek(-1, null, pieces), pieces.length);
    assert.ok(pieces.every((piece) => piece.length > 0));
    assert.ok(Buffer.concat(pieces).equals(this.bytes));
    if (!this.frontFrozen) assert.ok(bytesOf(this.real).equals(this.bytes));
  }

  [Symbol.dispose](): void {
    this.real.free();
  }
}
