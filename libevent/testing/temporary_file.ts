import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file with some bytes in it, gone at the end of a `using` block. */
export class TemporaryFile implements Disposable {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'evbuffer-'));

  constructor(bytes: Uint8Array) {
    this.path = join(this.#folder, 'bytes');
    writeFileSync(this.path, bytes);
  }

  /** Opens it for reading. */
  open(): number {
    return openSync(this.path, 'r');
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
