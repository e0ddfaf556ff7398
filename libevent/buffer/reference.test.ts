import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { chained, textOf } from '../testing/evbuffer.ts';
import { Evbuffer } from './evbuffer.ts';

checkDescriptors();

test('V07 a reference is not copied, and cleaned up once, when its last byte is drained', () => {
  const data = Buffer.from('this is what we add as read-only memory.');
  const calls: [Uint8Array, number, string][] = [];
  const buffer = new Evbuffer();
  buffer.addReference(data, (...call) => calls.push(call), 'extra');
  const pieces: Uint8Array[] = [];
  buffer.peek(-1, null, pieces);
  assert.equal(pieces[0]?.buffer, data.buffer);
  assert.equal(pieces[0].byteOffset, data.byteOffset);
  buffer.add('more');
  assert.equal(buffer.drain(data.length - 1), 0);
  assert.equal(calls.length, 0);
  buffer.drain(1);
  assert.deepEqual(calls, [[data, data.length, 'extra']]);
  assert.equal(textOf(buffer), 'more');
  buffer.free();
  assert.equal(calls.length, 1);
});

test('V07 a reference is cleaned up after it moved, and when its buffer is freed', () => {
  let calls = 0;
  const count = () => {
    calls++;
  };
  const a = new Evbuffer();
  const b = new Evbuffer();
  a.addReference(Buffer.from('one'), count, null);
  a.addReference(Buffer.from('two'), count, null);
  a.addReference(Buffer.from('three'), count, null);
  a.removeBuffer(b, 4);
  assert.equal(calls, 0);
  assert.equal(textOf(b), 'onet');
  b.drain(-1);
  assert.equal(calls, 1);
  a.pullup(-1);
  assert.equal(calls, 3, 'pulled up, all bytes are in memory of the buffer');
  a.addReference(Buffer.from('four'), count, null);
  a.free();
  assert.equal(calls, 4);
});

test('V07 prepending to a reference leaves its memory alone', () => {
  const data = Buffer.from('0123456789');
  const buffer = new Evbuffer();
  buffer.addReference(data, null, null);
  buffer.drain(5);
  buffer.prepend('abc');
  buffer.add('xyz');
  assert.equal(textOf(buffer), 'abc56789xyz');
  assert.equal(data.toString(), '0123456789');
});

test('V07 addReferenceWithOffset adds a part, and cleans up the whole', () => {
  const data = Buffer.from('0123456789');
  const calls: [string, number][] = [];
  const buffer = new Evbuffer();
  buffer.addReferenceWithOffset(data, 3, 4, (all, n) => calls.push([String(all), n]), null);
  assert.equal(textOf(buffer), '3456');
  buffer.drain(4);
  assert.deepEqual(calls, [['0123456789', 10]]);
  for (const [offset, length] of [
    [-1, 2],
    [8, 3],
    [0, -1],
    [1.5, 2],
  ] as const) {
    assert.throws(
      () => buffer.addReferenceWithOffset(data, offset, length, null, null),
      RangeError,
    );
  }
});

test('V07 a cleanup callback may use the buffer, and one that throws does not cost the others', () => {
  const calls: string[] = [];
  const buffer = new Evbuffer();
  buffer.addReference(
    Buffer.from('a'),
    () => {
      calls.push('a');
      buffer.add('from the cleanup');
      throw new Error('first');
    },
    null,
  );
  buffer.addReference(Buffer.from('b'), () => calls.push('b'), null);
  assert.throws(() => buffer.drain(2), /first/);
  assert.deepEqual(calls, ['a', 'b']);
  assert.equal(textOf(buffer), 'from the cleanup');
});

test('V08 multicast: both show the bytes, draining one leaves the other', () => {
  const source = chained('foo', 'bar');
  source.add('baz');
  const copies = [new Evbuffer(), new Evbuffer()];
  for (const copy of copies) {
    assert.equal(copy.addBufferReference(source), 0);
    copy.add('!');
  }
  source.drain(4);
  source.add('after');
  source.prepend('before');
  copies[0]?.drain(2);
  assert.deepEqual(
    [source, ...copies].map((each) => textOf(each)),
    ['beforearbazafter', 'obarbaz!', 'foobarbaz!'],
  );
});

test('V08 multicast: the memory outlives the source, a reference is cleaned up after the last', () => {
  let cleaned = 0;
  const source = new Evbuffer();
  source.add('own');
  source.addReference(Buffer.from('lent'), () => cleaned++, null);
  const copy = new Evbuffer();
  copy.addBufferReference(source);
  source.free();
  assert.equal(cleaned, 0);
  assert.equal(textOf(copy), 'ownlent');
  copy.drain(-1);
  assert.equal(cleaned, 1);
});

test('V08 multicast: pulling up on both sides does not write to what they share', () => {
  const source = new Evbuffer();
  source.add('shared');
  const copies = [new Evbuffer(), new Evbuffer()];
  for (const [i, copy] of copies.entries()) {
    copy.addBufferReference(source);
    copy.add(['-one', '-two'][i] ?? '');
  }
  const shown = copies.map((copy) => copy.pullup(-1));
  assert.deepEqual(shown.map(String), ['shared-one', 'shared-two']);
  assert.equal(textOf(source), 'shared');
});

test('V08 multicast: nested and to itself are refused, of nothing is nothing', () => {
  const source = chained('abc');
  const copy = new Evbuffer();
  assert.equal(copy.addBufferReference(source), 0);
  assert.equal(new Evbuffer().addBufferReference(copy), -1);
  assert.equal(source.addBufferReference(source), -1);
  assert.equal(source.addBufferReference(new Evbuffer()), 0);
  assert.equal(textOf(source), 'abc');
});
