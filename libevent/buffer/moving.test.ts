import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { bytesOf, chained, pattern, textOf } from '../testing/evbuffer.ts';
import { Evbuffer } from './evbuffer.ts';

checkDescriptors();

test('V01 addPrintf, drain and addBuffer', () => {
  const a = new Evbuffer();
  assert.equal(a.addPrintf('%s/%d', 'hello', 1), 7);
  assert.equal(a.drain(6), 0);
  assert.equal(textOf(a), '1');
  const b = new Evbuffer();
  b.add('zwei');
  assert.equal(b.addBuffer(a), 0);
  assert.equal(a.getLength(), 0);
  assert.equal(textOf(b), 'zwei1');
  assert.equal(b.drain(-1), 0);
  assert.equal(b.getLength(), 0);
});

test('V01 what is pulled up takes two prepends', () => {
  const buffer = new Evbuffer();
  const bytes = pattern(1024);
  buffer.add(bytes.subarray(0, 512));
  buffer.addReference(bytes.subarray(512), null, null);
  assert.ok(buffer.pullup(519)?.equals(bytes.subarray(0, 519)));
  assert.equal(buffer.prepend('1/hello'), 0);
  assert.equal(buffer.prepend('elsesomething'), 0);
  const start = Buffer.alloc(20);
  assert.equal(buffer.remove(start), 20);
  assert.equal(start.toString(), 'elsesomething1/hello');
  assert.ok(bytesOf(buffer).equals(bytes));
});

test('V01 removeBuffer takes 1,280 of three times 512 bytes', () => {
  const bytes = pattern(1536);
  const source = chained(bytes.subarray(0, 512), bytes.subarray(512, 1024), bytes.subarray(1024));
  const destination = new Evbuffer();
  assert.equal(source.removeBuffer(destination, 1280), 1280);
  assert.ok(bytesOf(source).equals(bytes.subarray(1280)));
  assert.ok(bytesOf(destination).equals(bytes.subarray(0, 1280)));
});

test('V02 removeBuffer beside buffers that were emptied', () => {
  const source = new Evbuffer();
  const destination = new Evbuffer();
  source.add('foo');
  source.drain(3);
  source.add('AAAA');
  destination.add('AA');
  assert.equal(source.removeBuffer(destination, 3), 3);
  assert.equal(textOf(source), 'A');
  assert.equal(textOf(destination), 'AAAAA');

  const front = new Evbuffer();
  front.prepend('');
  front.add('foo');
  assert.equal(front.removeBuffer(destination, 1), 1);
  front.add('bar');
  assert.equal(textOf(front), 'oobar');
});

test('V02 removeBuffer leaves what was not asked for: 8 of 9, 5 of 6', () => {
  for (const [size, count, before] of [
    [9, 8, 9],
    [6, 5, 6],
  ] as const) {
    const source = chained(...Array.from({ length: size }, () => 'a'));
    const destination = chained('b'.repeat(before));
    assert.equal(source.removeBuffer(destination, count), count);
    assert.equal(source.getLength(), 1);
    assert.equal(textOf(destination), 'b'.repeat(before) + 'a'.repeat(count));
  }
});

test('V02 the order is kept through adding, moving and emptying', () => {
  const buffer = chained('aaaaaa');
  const other = chained('bddd', 'c');
  const rest = new Evbuffer();
  assert.equal(other.removeBuffer(buffer, 4), 4);
  other.removeBuffer(rest, 100);
  assert.equal(other.getLength(), 0);
  assert.equal(buffer.addBuffer(rest), 0);
  assert.equal(textOf(buffer), 'aaaaaabdddc');
});

test('V02 removeBuffer to itself, of nothing, of all', () => {
  const buffer = chained('ab', 'c');
  const other = new Evbuffer();
  assert.equal(buffer.removeBuffer(buffer, 2), 0);
  assert.equal(buffer.removeBuffer(other, 0), 0);
  assert.equal(buffer.removeBuffer(other, -1), 3);
  assert.equal(textOf(other), 'abc');
  assert.equal(buffer.removeBuffer(other, 5), 0);
});

test('V03 addBuffer with empty buffers on one side or the other: 6 and 3', () => {
  const a = new Evbuffer();
  a.add('foo');
  a.addBuffer(new Evbuffer());
  a.addBuffer(chained('bar'));
  assert.equal(a.getLength(), 6);
  const drained = chained('gone');
  drained.drain(4);
  drained.addBuffer(chained('new'));
  assert.equal(drained.getLength(), 3);
});

test('V17 prepend: text comes out in the order it was put before', () => {
  const words = 'It is no longer true to say it has 29 characters'.split(/(?<= )/);
  for (const drained of [0, 1, 5]) {
    const buffer = new Evbuffer();
    buffer.add('.'.repeat(drained));
    buffer.drain(drained);
    for (const word of words.toReversed()) assert.equal(buffer.prepend(word), 0);
    assert.equal(textOf(buffer), words.join(''));
  }
  const buffer = chained('to say ', 'it has 29 ');
  buffer.prepend('It is no longer true ');
  buffer.add('characters');
  assert.equal(textOf(buffer), words.join(''));
});

test('V17 prependBuffer: 1,000 numbers, each before the one before it', () => {
  const buffer = new Evbuffer();
  const expected: string[] = [];
  for (let i = 1000; i >= 1; i--) {
    const part = new Evbuffer();
    part.addPrintf('%d. ', i);
    assert.equal(buffer.prependBuffer(part), 0);
    assert.equal(part.getLength(), 0);
    expected.unshift(`${String(i)}. `);
  }
  assert.equal(textOf(buffer), expected.join(''));
  assert.equal(buffer.prependBuffer(buffer), 0);
  assert.equal(textOf(buffer), expected.join(''));
});

test('V17 prepending to an empty reference', () => {
  let cleaned = 0;
  const buffer = new Evbuffer();
  assert.equal(
    buffer.addReference(Buffer.alloc(0), () => cleaned++, null),
    0,
  );
  assert.equal(cleaned, 1);
  buffer.prepend('foo');
  assert.equal(textOf(buffer), 'foo');
  const other = chained('');
  other.prependBuffer(buffer);
  assert.equal(textOf(other), 'foo');
});

test('small moves into a long buffer do not pile up memory', () => {
  const pieces: Uint8Array[] = [];
  const buffer = new Evbuffer();
  const source = new Evbuffer();
  for (let i = 0; i < 10_000; i++) {
    source.add('0123456789');
    buffer.addBuffer(source);
  }
  assert.equal(textOf(buffer), '0123456789'.repeat(10_000));
  buffer.peek(-1, null, pieces);
  const held = pieces.reduce((sum, piece) => sum + piece.buffer.byteLength, 0);
  assert.ok(held < 10 * buffer.getLength(), `${String(held)} bytes held`);
});
