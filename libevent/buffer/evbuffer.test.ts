import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EAGAIN, EPIPE, errno } from '../sys/errno.ts';
import { SHUT_WR, shutdown } from '../sys/socket.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import * as eol from './eol.ts';
import type { EvbufferEolStyle } from './eol.ts';
import { Evbuffer } from './evbuffer.ts';

checkDescriptors();

/** A buffer with one chain for each piece. */
function chained(...pieces: string[]): Evbuffer {
  const buffer = new Evbuffer();
  for (const piece of pieces) {
    const part = new Evbuffer();
    part.add(Buffer.from(piece, 'latin1'));
    buffer.addBuffer(part);
  }
  return buffer;
}

function text(buffer: Evbuffer): string {
  const bytes = Buffer.alloc(buffer.getLength());
  assert.equal(buffer.copyout(bytes), bytes.length);
  return bytes.toString('latin1');
}

function pattern(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
}

test('V01 add, drain, addBuffer, prepend', () => {
  const a = new Evbuffer();
  assert.equal(a.add('hello/1'), 0);
  assert.equal(a.getLength(), 7);
  assert.equal(a.drain(6), 0);
  assert.equal(text(a), '1');
  const b = chained('xy');
  assert.equal(a.addBuffer(b), 0);
  assert.equal(text(a), '1xy');
  assert.equal(b.getLength(), 0);
  a.prepend('hello/');
  a.prepend(Buffer.from('something'));
  assert.equal(text(a), 'somethinghello/1xy');
});

test('V01 strings go in as UTF-8 and count in bytes', () => {
  const buffer = new Evbuffer();
  buffer.add('é€😀');
  assert.equal(buffer.getLength(), 9);
  assert.equal(buffer.pullup(-1)?.toString('utf8'), 'é€😀');
});

test('V02 nothing is lost or reordered across chains of any size', () => {
  const bytes = pattern(200_000);
  const buffer = new Evbuffer();
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3 + 1) % 9001) {
    size = Math.max(size, 1);
    buffer.add(bytes.subarray(at, at + size));
  }
  assert.equal(buffer.getLength(), bytes.length);
  const out: Buffer[] = [];
  while (buffer.getLength() > 0) {
    const piece = Buffer.alloc(1 + (out.length % 7000));
    const count = buffer.remove(piece);
    out.push(piece.subarray(0, count));
  }
  assert.deepEqual(Buffer.concat(out), bytes);
});

test('V02 prepend into an emptied front, add goes on at the end', () => {
  const buffer = chained('abc', 'def');
  buffer.drain(2);
  buffer.prepend('XY');
  buffer.prepend('0123');
  buffer.add('!');
  assert.equal(text(buffer), '0123XYcdef!');
  const empty = new Evbuffer();
  empty.prepend('');
  assert.equal(empty.getLength(), 0);
  empty.prepend('bar');
  empty.add('oo');
  assert.equal(text(empty), 'baroo');
});

test('V03 an empty buffer can be moved', () => {
  const a = chained('abc');
  a.addBuffer(new Evbuffer());
  assert.equal(text(a), 'abc');
  const b = new Evbuffer();
  b.addBuffer(a);
  assert.equal(text(b), 'abc');
  a.add('again');
  assert.equal(text(a), 'again');
});

test('V20 draining more than there is, moving to itself, pulling up too much', () => {
  const buffer = chained('ab', 'cd');
  assert.equal(buffer.addBuffer(buffer), 0);
  assert.equal(text(buffer), 'abcd');
  assert.equal(buffer.pullup(5), null);
  assert.equal(buffer.pullup(0), null);
  assert.equal(buffer.pullup(3)?.toString(), 'abc');
  assert.equal(text(buffer), 'abcd');
  assert.equal(buffer.pullup(-1)?.toString(), 'abcd');
  assert.equal(buffer.drain(100), 0);
  assert.equal(buffer.getLength(), 0);
  assert.equal(buffer.drain(1), 0);
  assert.equal(buffer.pullup(-1), null);
});

test('V20 pullup over many chains keeps what follows', () => {
  const bytes = pattern(50_000);
  const buffer = new Evbuffer();
  for (let at = 0; at < bytes.length; at += 5000) {
    const part = new Evbuffer();
    part.add(bytes.subarray(at, at + 5000));
    buffer.addBuffer(part);
  }
  assert.deepEqual(buffer.pullup(12_345)?.equals(bytes.subarray(0, 12_345)), true);
  buffer.add('end');
  assert.deepEqual(Buffer.from(text(buffer), 'latin1'), Buffer.concat([bytes, Buffer.from('end')]));
});

test('V19 copyout takes nothing out', () => {
  const buffer = chained('abc', 'def');
  const into = Buffer.alloc(4);
  assert.equal(buffer.copyout(into), 4);
  assert.equal(into.toString(), 'abcd');
  assert.equal(buffer.getLength(), 6);
});

const LINES = 'a\r\nb\nc\0d\n\r\ne\r';
const styles: [string, EvbufferEolStyle, string[], number][] = [
  ['ANY', eol.EVBUFFER_EOL_ANY, ['a', 'b', 'c\0d', 'e'], 0],
  ['CRLF', eol.EVBUFFER_EOL_CRLF, ['a', 'b', 'c\0d', ''], 2],
  ['CRLF_STRICT', eol.EVBUFFER_EOL_CRLF_STRICT, ['a', 'b\nc\0d\n'], 2],
  ['LF', eol.EVBUFFER_EOL_LF, ['a\r', 'b', 'c\0d', '\r'], 2],
  ['NUL', eol.EVBUFFER_EOL_NUL, ['a\r\nb\nc'], 6],
];

for (const [name, style, expected, rest] of styles) {
  for (const [how, pieces] of [
    ['one piece', [LINES]],
    ['bytes apart', LINES.match(/[^]/g) ?? []],
  ] as const) {
    test(`V10 readln ${name}, ${how}`, () => {
      const buffer = chained(...pieces);
      const lines: string[] = [];
      for (let line = buffer.readln(style); line !== null; line = buffer.readln(style)) {
        lines.push(line.toString('latin1'));
      }
      assert.deepEqual(lines, expected);
      assert.equal(buffer.getLength(), rest);
    });
  }
}

test('V09 readln ANY takes a run of ends as one; a leading one is an empty line', () => {
  const buffer = chained('\ncomplex silly newline\r\n\n\r\n\n\rmore\0\n');
  const next = () => buffer.readln(eol.EVBUFFER_EOL_ANY)?.toString('latin1');
  assert.deepEqual(
    [next(), next(), next(), next()],
    ['', 'complex silly newline', 'more\0', undefined],
  );
});

test('V09 readln does not see old bytes in the room behind the end', () => {
  const buffer = new Evbuffer();
  buffer.add('one\ntwo\n');
  buffer.drain(8);
  buffer.add('ab');
  assert.equal(buffer.readln(eol.EVBUFFER_EOL_LF), null);
});

test('V18 a frozen front', () => {
  const buffer = chained('line\n');
  buffer.freeze(true);
  assert.equal(buffer.drain(1), -1);
  assert.equal(buffer.prepend('x'), -1);
  assert.equal(buffer.remove(Buffer.alloc(1)), -1);
  assert.equal(buffer.readln(eol.EVBUFFER_EOL_LF), null);
  assert.equal(buffer.write(-1), -1);
  assert.equal(new Evbuffer().addBuffer(buffer), -1);
  assert.equal(buffer.add('!'), 0);
  buffer.unfreeze(true);
  assert.equal(text(buffer), 'line\n!');
});

test('V18 a frozen end', () => {
  using pair = new Pair();
  put(pair.b, 'x');
  const buffer = chained('abc');
  buffer.freeze(false);
  assert.equal(buffer.add(''), -1);
  assert.equal(buffer.addBuffer(chained('x')), -1);
  assert.equal(buffer.read(pair.a), -1);
  assert.equal(buffer.drain(1), 0);
  assert.equal(buffer.prepend('x'), 0);
  buffer.unfreeze(false);
  assert.equal(text(buffer), 'xbc');
});

test('V21 read takes what is there, then -1 with EAGAIN, then 0 at the end', () => {
  using pair = new Pair();
  const bytes = pattern(100_000);
  const buffer = new Evbuffer();
  let sent = 0;
  while (buffer.getLength() < bytes.length) {
    const source = new Evbuffer();
    source.add(bytes.subarray(sent));
    sent += Math.max(0, source.write(pair.b));
    const count = buffer.read(pair.a);
    assert.ok(count > 0 && count <= 16_384);
  }
  assert.deepEqual(Buffer.from(text(buffer), 'latin1').equals(bytes), true);
  assert.equal(buffer.read(pair.a), -1);
  assert.equal(errno(), EAGAIN);
  put(pair.b, 'abcdef');
  assert.equal(buffer.read(pair.a, 4), 4);
  shutdown(pair.b, SHUT_WR);
  assert.equal(buffer.read(pair.a), 2);
  assert.equal(buffer.read(pair.a), 0);
});

test('V22 write gathers chains, takes no more than asked, drains what went', () => {
  using pair = new Pair();
  const buffer = chained(
    ...Array.from({ length: 200 }, (_, i) => String.fromCharCode(33 + (i % 90))),
  );
  const whole = text(buffer);
  assert.equal(buffer.write(pair.a, 50), 50);
  assert.equal(buffer.write(pair.a), 128);
  assert.equal(buffer.send(pair.a), 22);
  assert.equal(buffer.send(pair.a), 0);
  assert.equal(get(pair.b), whole);
  buffer.add('abcdef');
  buffer.drain(2);
  assert.equal(buffer.send(pair.a, 3), 3);
  assert.equal(get(pair.b), 'cde');
  assert.equal(text(buffer), 'f');
  pair.close(pair.b);
  assert.equal(buffer.send(pair.a), -1);
  assert.equal(errno(), EPIPE);
  assert.equal(text(buffer), 'f');
});

test('V22 of an empty buffer write() writes 0 bytes', () => {
  using pair = new Pair();
  using buffer = new Evbuffer();
  assert.equal(buffer.write(pair.a), 0);
  assert.equal(buffer.send(pair.a), 0);
  assert.equal(buffer.writeAtmost(pair.a, 10), 0);
});

test('V22 partial writes lose and reorder nothing', () => {
  using pair = new Pair();
  const bytes = pattern(2_000_000);
  const buffer = new Evbuffer();
  for (let at = 0; at < bytes.length; at += 777) buffer.add(bytes.subarray(at, at + 777));
  const received = new Evbuffer();
  let partial = 0;
  while (received.getLength() < bytes.length) {
    while (buffer.getLength() > 0 && buffer.write(pair.a) > 0) partial++;
    while (received.read(pair.b) > 0);
  }
  assert.ok(partial > 5);
  assert.equal(received.pullup(-1)?.equals(bytes), true);
});

test('a buffer is unusable after free, and using frees it once', () => {
  const buffer = chained('x');
  {
    using same = buffer;
    same.free();
  }
  assert.throws(() => buffer.getLength(), /Evbuffer used after free/);
  assert.throws(() => buffer.free(), /Evbuffer used after free/);
});
