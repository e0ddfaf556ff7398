import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { bytesOf, chained, pattern, textOf } from '../testing/evbuffer.ts';
import { Evbuffer } from './evbuffer.ts';

checkDescriptors();

test('V01 reserve 10,000 and commit, three times', () => {
  const buffer = new Evbuffer();
  for (let i = 0; i < 3; i++) {
    const pieces: Uint8Array[] = [];
    assert.equal(buffer.reserveSpace(10_000, pieces, 1), 1);
    const [piece] = pieces;
    assert.ok(piece !== undefined && piece.length >= 10_000);
    piece.fill(0x41 + i);
    assert.equal(buffer.commitSpace([piece.subarray(0, 10_000)]), 0);
  }
  const expected = ['A', 'B', 'C'].map((letter) => letter.repeat(10_000)).join('');
  assert.equal(textOf(buffer), expected);
});

test('V04 with two pieces the room after the last bytes comes first', () => {
  const buffer = new Evbuffer();
  buffer.add('x');
  const pieces: Uint8Array[] = [];
  assert.equal(buffer.reserveSpace(10_000, pieces, 2), 2);
  const [first, second] = pieces;
  assert.ok(first !== undefined && second !== undefined);
  assert.ok(first.length + second.length >= 10_000);
  first.fill(0x61);
  second.fill(0x62);
  assert.equal(buffer.commitSpace([first, second.subarray(0, 60)]), 0);
  assert.equal(textOf(buffer), `x${'a'.repeat(first.length)}${'b'.repeat(60)}`);
});

test('V04 what was reserved and not committed is not there', () => {
  const buffer = new Evbuffer();
  buffer.add('abc');
  const pieces: Uint8Array[] = [];
  assert.equal(buffer.reserveSpace(100, pieces, 2), 1);
  pieces[0]?.fill(0x7a);
  assert.equal(buffer.commitSpace([]), 0);
  assert.equal(textOf(buffer), 'abc');
  buffer.add('def');
  assert.equal(textOf(buffer), 'abcdef');
});

test('V04 many reservations, partly committed', () => {
  const buffer = new Evbuffer();
  const expected: Buffer[] = [];
  const bytes = pattern(3000);
  for (let i = 0; i < 50; i++) {
    const pieces: Uint8Array[] = [];
    const count = buffer.reserveSpace(1 + i * 61, pieces, 1 + (i % 3));
    assert.ok(count >= 1 && count <= 1 + (i % 3));
    let left = i * 60;
    const filled = pieces.map((piece) => {
      const part = piece.subarray(0, Math.min(left, piece.length));
      part.set(bytes.subarray(0, part.length));
      left -= part.length;
      expected.push(Buffer.from(part));
      return part;
    });
    assert.equal(left, 0);
    assert.equal(buffer.commitSpace(filled), 0);
  }
  assert.ok(bytesOf(buffer).equals(Buffer.concat(expected)));
});

test('V04 what was not reserved, or no longer is, cannot be committed', () => {
  const buffer = chained('abc');
  assert.equal(buffer.reserveSpace(10, [], 0), -1);
  assert.equal(buffer.commitSpace([Buffer.alloc(1)]), -1);
  const pieces: Uint8Array[] = [];
  buffer.reserveSpace(10, pieces, 1);
  const [piece] = pieces;
  assert.ok(piece !== undefined);
  assert.equal(buffer.commitSpace([piece.subarray(1)]), -1);
  assert.equal(buffer.commitSpace([piece, piece]), -1);
  buffer.add('other bytes that came first');
  assert.equal(buffer.commitSpace([piece.subarray(0, 3)]), -1);
  assert.equal(textOf(buffer), 'abcother bytes that came first');
});

test('V05 expand makes room, and none where there is some', () => {
  const buffer = new Evbuffer();
  assert.equal(buffer.expand(20_000), 0);
  const pieces: Uint8Array[] = [];
  assert.equal(buffer.reserveSpace(20_000, pieces, 1), 1);
  const memory = pieces[0]?.buffer;
  assert.equal(buffer.expand(20_000), 0);
  buffer.add(pattern(20_000));
  buffer.peek(-1, null, pieces);
  assert.equal(pieces[0]?.buffer, memory);
  assert.ok(bytesOf(buffer).equals(pattern(20_000)));
});

test('V05 sizes that cannot be are refused without harm', () => {
  const buffer = chained('abc');
  for (const size of [Number.MAX_SAFE_INTEGER, 2 ** 60, Infinity, NaN, -1]) {
    assert.equal(buffer.expand(size), -1, String(size));
    assert.equal(buffer.reserveSpace(size, [], 2), -1, String(size));
  }
  buffer.add('def');
  assert.equal(textOf(buffer), 'abcdef');
});

test('V06 expand between adds keeps what is there', () => {
  const buffer = new Evbuffer();
  let expected = '';
  for (let i = 0; i < 40; i++) {
    assert.equal(buffer.expand(i * 300), 0);
    const text = String.fromCharCode(65 + (i % 26)).repeat(i * 7);
    buffer.add(text);
    expected += text;
  }
  assert.equal(textOf(buffer), expected);
});

test('V23 1,000 appends of 103 bytes waste less than an eighth', () => {
  for (const size of [103, 2050, 3000]) {
    const buffer = new Evbuffer();
    const text = 'x'.repeat(size);
    for (let i = 0; i < 1000; i++) assert.equal(buffer.addPrintf('%s', text), size);
    const pieces: Uint8Array[] = [];
    buffer.peek(-1, null, pieces);
    const held = pieces.reduce((sum, piece) => sum + piece.buffer.byteLength, 0);
    assert.equal(buffer.getLength(), 1000 * size);
    assert.ok(
      held - 1000 * size < held / 8,
      `${String(held)} bytes held for ${String(1000 * size)}`,
    );
  }
});
