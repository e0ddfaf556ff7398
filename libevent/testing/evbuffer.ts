import assert from 'node:assert/strict';
import { Evbuffer } from '../buffer/evbuffer.ts';

/** A buffer with one chain for each piece that is not empty. */
export function chained(...pieces: (string | Uint8Array)[]): Evbuffer {
  const buffer = new Evbuffer();
  for (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    // References are never merged, and no other bytes are added to them.
    buffer.addReference(bytes, null, null);
  }
  return buffer;
}

/** What a buffer holds. */
export function bytesOf(buffer: Evbuffer): Buffer {
  const bytes = Buffer.alloc(buffer.getLength());
  assert.equal(buffer.copyout(bytes), bytes.length);
  return bytes;
}

/** What a buffer holds, a character for each byte. */
export function textOf(buffer: Evbuffer): string {
  return bytesOf(buffer).toString('latin1');
}

/** Bytes of which no two stretches are the same. */
export function pattern(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
}

/** All that a buffer tells, as [origSize, nAdded, nDeleted]. */
export function told(buffer: Evbuffer): number[][] {
  const infos: number[][] = [];
  buffer.addCb((_buffer, info) => infos.push([info.origSize, info.nAdded, info.nDeleted]), null);
  return infos;
}
