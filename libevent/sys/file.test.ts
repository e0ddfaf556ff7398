import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pattern } from '../testing/evbuffer.ts';
import { Pair, get, put } from '../testing/sockets.ts';
import { TemporaryFile } from '../testing/temporary_file.ts';
import * as sys from './index.ts';
import { Mapping } from './mmap.ts';
import { addressOf, readTo, sendFrom, writeFrom } from './raw_io.ts';

checkDescriptors();

const BYTES = pattern(100_000);

test('fileSize tells a file’s size, and EBADF', () => {
  using file = new TemporaryFile(BYTES);
  const fd = file.open();
  assert.equal(sys.fileSize(fd), BYTES.length);
  closeSync(fd);
  assert.equal(sys.fileSize(fd), -1);
  assert.equal(sys.errno(), sys.EBADF);
});

test('pread reads from a place and leaves the position alone', () => {
  using file = new TemporaryFile(BYTES);
  const fd = file.open();
  const into = Buffer.alloc(12);
  assert.equal(sys.pread(fd, into, 10, 50_000, 2), 10);
  assert.ok(into.subarray(2).equals(BYTES.subarray(50_000, 50_010)));
  assert.equal(sys.pread(fd, into, 12, BYTES.length - 5), 5);
  assert.equal(sys.pread(fd, into, 12, BYTES.length), 0);
  assert.equal(sys.read(fd, into), 12);
  assert.ok(into.equals(BYTES.subarray(0, 12)));
  assert.throws(() => sys.pread(fd, into, 13, 0), RangeError);
  closeSync(fd);
});

test('sendfile sends from a place and moves it on, or from the file’s position', () => {
  using file = new TemporaryFile(BYTES);
  using pair = new Pair();
  const fd = file.open();
  const place = new sys.FileOffset();
  place.value = 1000;
  assert.equal(sys.sendfile(pair.a, fd, place, 20), 20);
  assert.equal(place.value, 1020);
  assert.equal(sys.sendfile(pair.a, fd, null, 5), 5);
  assert.equal(sys.sendfile(pair.a, fd, null, 5), 5);
  const parts = [BYTES.subarray(1000, 1020), BYTES.subarray(0, 10)];
  assert.equal(get(pair.b), Buffer.concat(parts).toString('latin1'));
  place.value = BYTES.length;
  assert.equal(sys.sendfile(pair.a, fd, place, 1), 0);
  assert.equal(sys.sendfile(pair.a, pair.b, null, 1), -1);
  assert.equal(sys.errno(), sys.EINVAL);
  closeSync(fd);
});

test('a FileOffset holds places beyond 4 GiB, and no others', () => {
  const place = new sys.FileOffset();
  place.value = 2 ** 40 + 3;
  assert.equal(place.value, 2 ** 40 + 3);
  assert.deepEqual([...place.words], [3, 256]);
  for (const wrong of [-1, 0.5, NaN]) assert.throws(() => (place.value = wrong), RangeError);
});

test('a Mapping shows a file, and nothing when it is closed', () => {
  using file = new TemporaryFile(BYTES);
  const fd = file.open();
  const mapping = Mapping.ofFile(fd, 65_536, 1000);
  assert.ok(mapping !== null);
  closeSync(fd);
  const shown = Buffer.from(mapping.buffer);
  assert.ok(shown.equals(BYTES.subarray(65_536, 66_536)));
  mapping.close();
  assert.equal(shown.length, 0);
  assert.equal(Mapping.ofFile(fd, 0, 10), null);
  assert.equal(sys.errno(), sys.EBADF);
});

test('readv fills the parts one after the other', () => {
  using pair = new Pair();
  const [first, second] = [Buffer.alloc(4, '.'), Buffer.alloc(6, '.')];
  const vector = new sys.IoVector();
  vector.push(first, 1, 2);
  vector.push(second, 0, 6);
  put(pair.b, 'abcdef');
  assert.equal(vector.readv(pair.a), 6);
  assert.equal(`${String(first)} ${String(second)}`, '.ab. cdef..');
  assert.equal(vector.readv(pair.a), -1);
  assert.equal(sys.errno(), sys.EAGAIN);
});

test('calls on memory that is known by its address', () => {
  using pair = new Pair();
  const bytes = Buffer.allocUnsafeSlow(16).fill('0123456789abcdef');
  const address = addressOf(bytes);
  assert.equal(writeFrom(pair.a, address + 2, 3), 3);
  assert.equal(sendFrom(pair.a, address + 10, 6, sys.MSG_NOSIGNAL), 6);
  assert.equal(readTo(pair.b, address, 16), 9);
  assert.equal(bytes.toString(), '234abcdef9abcdef');
  assert.equal(readTo(pair.b, address, 16), -1);
  assert.equal(sys.errno(), sys.EAGAIN);
});
