import assert from 'node:assert/strict';
import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { SystemError } from '../core/errors.ts';
import { EBADF, EIO, errno } from '../sys/errno.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { bytesOf, chained, pattern, textOf } from '../testing/evbuffer.ts';
import { Pair, get } from '../testing/sockets.ts';
import { TemporaryFile } from '../testing/temporary_file.ts';
import { Evbuffer } from './evbuffer.ts';
import {
  EVBUF_FS_CLOSE_ON_FREE,
  EVBUF_FS_DISABLE_LOCKING,
  EVBUF_FS_DISABLE_MMAP,
  EVBUF_FS_DISABLE_SENDFILE,
  EvbufferFileSegment,
} from './file_segment.ts';

checkDescriptors();

const BIG = pattern(512 * 1024);
const WAYS = [
  ['sendfile', 0],
  ['mmap', EVBUF_FS_DISABLE_SENDFILE],
  ['linear', EVBUF_FS_DISABLE_SENDFILE | EVBUF_FS_DISABLE_MMAP],
] as const;

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Sends all that a buffer holds through a pair of sockets, and returns what came out. */
function passThrough(buffer: Evbuffer): Buffer {
  using pair = new Pair();
  using received = new Evbuffer();
  while (buffer.getLength() > 0) {
    buffer.write(pair.a);
    while (received.read(pair.b) > 0);
  }
  return bytesOf(received);
}

for (const [name, flags] of WAYS) {
  for (const [size, offset, length] of [
    [60, 0, -1],
    [60, 7, 20],
    [BIG.length, 0, -1],
    [BIG.length, 70_001, 300_000],
    [BIG.length, BIG.length - 1, 1],
  ] as const) {
    const part = BIG.subarray(offset, length < 0 ? size : offset + length);
    const what = `${String(part.length)} bytes from ${String(offset)} of ${String(size)}`;
    test(`V24 a segment by ${name}: ${what}, sent and looked at`, () => {
      using file = new TemporaryFile(BIG.subarray(0, size));
      using segment = new EvbufferFileSegment(
        file.open(),
        offset,
        length,
        flags | EVBUF_FS_CLOSE_ON_FREE | EVBUF_FS_DISABLE_LOCKING,
      );
      assert.equal(segment.getLength(), part.length);
      using buffer = chained('before');
      assert.equal(buffer.addFileSegment(segment, 0, -1), 0);
      buffer.add('after');
      assert.equal(buffer.getLength(), 6 + part.length + 5);
      const expected = Buffer.concat([Buffer.from('before'), part, Buffer.from('after')]);
      assert.ok(passThrough(buffer).equals(expected));
      assert.equal(buffer.addFileSegment(segment, 0, -1), 0);
      assert.ok(buffer.pullup(-1)?.equals(part));
      assert.equal(buffer.addFileSegment(segment, part.length - 1, 1), 0);
      assert.ok(bytesOf(buffer).equals(Buffer.concat([part, part.subarray(-1)])));
    });
  }
}

test('V24 addFile owns the descriptor, and closes it when its bytes are gone', () => {
  using file = new TemporaryFile(BIG);
  using buffer = new Evbuffer();
  const [first, second] = [file.open(), file.open()];
  assert.equal(buffer.addFile(first, 10, 1000), 0);
  assert.equal(buffer.addFile(second, 0, -1), 0);
  assert.equal(buffer.getLength(), 1000 + BIG.length);
  buffer.drain(999);
  assert.ok(isOpen(first));
  buffer.drain(1);
  assert.ok(!isOpen(first));
  assert.ok(isOpen(second));
  assert.ok(passThrough(buffer).equals(BIG));
  assert.ok(!isOpen(second));
});

test('V24 addFile of no bytes closes the descriptor at once', () => {
  using file = new TemporaryFile(BIG);
  using buffer = new Evbuffer();
  const fd = file.open();
  assert.equal(buffer.addFile(fd, 3, 0), 0);
  assert.ok(!isOpen(fd));
  assert.equal(buffer.getLength(), 0);
});

test('V24 after a failure of addFile the descriptor is still the caller’s', () => {
  using file = new TemporaryFile(BIG);
  using buffer = new Evbuffer();
  const fd = file.open();
  assert.equal(buffer.addFile(fd, BIG.length + 1, -1), -1);
  assert.equal(buffer.addFile(fd, -1, 10), -1);
  assert.equal(buffer.addFile(fd, 0, 0.5), -1);
  buffer.freeze(false);
  assert.equal(buffer.addFile(fd, 0, -1), -1);
  buffer.unfreeze(false);
  assert.ok(isOpen(fd));
  closeSync(fd);
  assert.equal(buffer.addFile(fd, 0, -1), -1);
  assert.equal(errno(), EBADF);
  assert.equal(buffer.getLength(), 0);
});

test('V24 the segment’s callback is called once, after its last user', () => {
  using file = new TemporaryFile(BIG);
  const calls: unknown[][] = [];
  const fd = file.open();
  const segment = new EvbufferFileSegment(fd, 0, -1, EVBUF_FS_CLOSE_ON_FREE);
  segment.addCleanupCb((...call) => calls.push([...call, isOpen(fd)]), 'arg');
  const a = new Evbuffer();
  const b = new Evbuffer();
  a.addFileSegment(segment, 0, 100);
  b.addFileSegment(segment, 50, 100);
  segment.free();
  assert.throws(() => a.addFileSegment(segment, 0, 1), /EvbufferFileSegment used after free/);
  assert.throws(() => segment.free(), /used after free/);
  a.drain(-1);
  a.free();
  assert.deepEqual(calls, []);
  assert.ok(bytesOf(b).equals(BIG.subarray(50, 150)));
  b.free();
  assert.deepEqual(calls, [[segment, EVBUF_FS_CLOSE_ON_FREE, 'arg', false]]);
});

test('V24 without CLOSE_ON_FREE the descriptor stays open', () => {
  using file = new TemporaryFile(BIG);
  const fd = file.open();
  new EvbufferFileSegment(fd, 0, -1, 0).free();
  assert.ok(isOpen(fd));
  closeSync(fd);
});

test('V24 parts that a segment does not have are refused', () => {
  using file = new TemporaryFile(BIG.subarray(0, 100));
  using segment = new EvbufferFileSegment(file.open(), 0, 60, EVBUF_FS_CLOSE_ON_FREE);
  using buffer = new Evbuffer();
  assert.equal(buffer.addFileSegment(segment, 0, 61), -1);
  assert.equal(buffer.addFileSegment(segment, 61, -1), -1);
  assert.equal(buffer.addFileSegment(segment, -1, 3), -1);
  assert.equal(buffer.addFileSegment(segment, 0.5, 1), -1);
  assert.equal(buffer.addFileSegment(segment, 60, -1), 0);
  assert.equal(buffer.getLength(), 0);
});

test('V24 a segment needs a file that is open', () => {
  using file = new TemporaryFile(BIG);
  const fd = file.open();
  closeSync(fd);
  assert.throws(
    () => new EvbufferFileSegment(fd, 0, -1, 0),
    (error) => error instanceof SystemError && error.code === 'EBADF',
  );
});

test('V24 where sendfile cannot write, the bytes are written: a file opened to append', () => {
  using file = new TemporaryFile(BIG);
  using log = new TemporaryFile(Buffer.from('log:'));
  const out = openSync(log.path, 'a+');
  using buffer = new Evbuffer();
  buffer.addFile(file.open(), 5, 20);
  assert.equal(buffer.write(out), 20);
  buffer.addFile(out, 0, -1);
  assert.ok(bytesOf(buffer).equals(Buffer.concat([Buffer.from('log:'), BIG.subarray(5, 25)])));
});

test('V24 a file that was cut short is an error, not a loop or a crash', () => {
  using file = new TemporaryFile(BIG.subarray(0, 100));
  using pair = new Pair();
  const fd = openSync(file.path, 'r+');
  using buffer = new Evbuffer();
  buffer.addFile(fd, 0, -1);
  ftruncateSync(fd, 40);
  assert.equal(buffer.write(pair.a), 40);
  assert.equal(buffer.write(pair.a), -1);
  assert.equal(errno(), EIO);
  assert.throws(
    () => buffer.pullup(-1),
    (error) => error instanceof SystemError && error.code === 'EIO',
  );
  assert.equal(buffer.getLength(), 60);
  assert.equal(buffer.drain(-1), 0);
});

test('V24 moving part of a file does not read it', () => {
  using file = new TemporaryFile(BIG);
  using pair = new Pair();
  const fd = openSync(file.path, 'r+');
  using a = new Evbuffer();
  using b = chained('head:');
  a.addFile(fd, 0, -1);
  assert.equal(a.removeBuffer(b, 6), 6);
  a.drain(-1);
  assert.ok(isOpen(fd));
  assert.equal(b.write(pair.a), 5);
  assert.equal(b.write(pair.a), 6);
  assert.ok(!isOpen(fd));
  assert.equal(get(pair.b), `head:${BIG.toString('latin1', 0, 6)}`);
});

test('V24 what was shown of a mapped file is empty when the file is gone, and writing there is safe', () => {
  using file = new TemporaryFile(BIG);
  const buffer = new Evbuffer();
  buffer.addFile(file.open(), 0, 5000);
  const shown = buffer.pullup(-1);
  assert.ok(shown !== null);
  assert.ok(shown.equals(BIG.subarray(0, 5000)));
  shown.fill(1);
  buffer.free();
  assert.equal(shown.length, 0);
  const again = new Evbuffer();
  again.addFile(file.open(), 0, 10);
  assert.equal(textOf(again), BIG.toString('latin1', 0, 10));
  again.free();
});

test('V24 bytes of a file are not multicast', () => {
  using file = new TemporaryFile(BIG);
  using source = new Evbuffer();
  source.addFile(file.open(), 0, 10);
  using copy = new Evbuffer();
  assert.equal(copy.addBufferReference(source), -1);
});
