import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { chained, pattern, textOf } from '../testing/evbuffer.ts';
import * as eol from './eol.ts';
import type { EvbufferEolStyle } from './eol.ts';
import { Evbuffer } from './evbuffer.ts';
import { EVBUFFER_PTR_ADD, EVBUFFER_PTR_SET, EvbufferPtr } from './ptr.ts';

checkDescriptors();

function at(buffer: Evbuffer, position: number): EvbufferPtr {
  const ptr = new EvbufferPtr();
  assert.equal(buffer.ptrSet(ptr, position, EVBUFFER_PTR_SET), 0);
  return ptr;
}

function lines(buffer: Evbuffer, style: EvbufferEolStyle): string[] {
  const all: string[] = [];
  for (let line = buffer.readln(style); line !== null; line = buffer.readln(style)) {
    all.push(line.toString('latin1'));
  }
  return all;
}

test('V09 readln CRLF: LF with or without CR before it, a CR within stays', () => {
  const buffer = chained('a\rb\nc\r\nlone\r', '\n', '\r', 'x');
  assert.deepEqual(lines(buffer, eol.EVBUFFER_EOL_CRLF), ['a\rb', 'c', 'lone']);
  assert.equal(textOf(buffer), '\rx');
});

test('V09 readln CRLF_STRICT: only both together, also from two chains', () => {
  const buffer = chained('a\nb\rc\r', '\nMore\r');
  assert.deepEqual(lines(buffer, eol.EVBUFFER_EOL_CRLF_STRICT), ['a\nb\rc']);
  assert.equal(textOf(buffer), 'More\r');
  buffer.add('\n');
  assert.deepEqual(lines(buffer, eol.EVBUFFER_EOL_CRLF_STRICT), ['More']);
});

test('V09 readln NUL: what is between NULs, also nothing', () => {
  const buffer = chained('NUL\n\0\0text\r', '\n\0rest');
  assert.deepEqual(lines(buffer, eol.EVBUFFER_EOL_NUL), ['NUL\n', '', 'text\r\n']);
  assert.equal(textOf(buffer), 'rest');
});

test('V09 readln LF: a CR is part of the line', () => {
  assert.deepEqual(lines(chained('one\r', '\ntwo\n\n'), eol.EVBUFFER_EOL_LF), ['one\r', 'two', '']);
});

test('V09 readln of many lines over many chains', () => {
  const buffer = new Evbuffer();
  const expected: string[] = [];
  for (let i = 0; i < 5000; i++) {
    expected.push('line'.repeat(i % 40));
    buffer.add(`${'line'.repeat(i % 40)}\n`);
  }
  assert.deepEqual(lines(buffer, eol.EVBUFFER_EOL_LF), expected);
});

test('V11 searchEol says where, and how long', () => {
  const text = 'string! \r\n\r\nx\n';
  for (const buffer of [chained(text), chained(...(text.match(/[^]/g) ?? []))]) {
    const find = (from: number, style: EvbufferEolStyle) => {
      const { ptr, length } = buffer.searchEol(at(buffer, from), style);
      return [ptr.pos, length];
    };
    assert.deepEqual(find(0, eol.EVBUFFER_EOL_CRLF), [8, 2]);
    assert.deepEqual(find(8, eol.EVBUFFER_EOL_CRLF), [8, 2]);
    assert.deepEqual(find(9, eol.EVBUFFER_EOL_CRLF), [9, 1]);
    assert.deepEqual(find(9, eol.EVBUFFER_EOL_CRLF_STRICT), [10, 2]);
    assert.deepEqual(find(0, eol.EVBUFFER_EOL_LF), [9, 1]);
    assert.deepEqual(find(10, eol.EVBUFFER_EOL_LF), [11, 1]);
    assert.deepEqual(find(0, eol.EVBUFFER_EOL_ANY), [8, 4]);
    assert.deepEqual(find(text.length, eol.EVBUFFER_EOL_LF), [-1, 0]);
    assert.deepEqual(find(0, eol.EVBUFFER_EOL_NUL), [-1, 0]);
    const none = buffer.searchEol(new EvbufferPtr(), eol.EVBUFFER_EOL_LF);
    assert.deepEqual([none.ptr.pos, none.length], [-1, 0]);
  }
});

test('V12 search and searchRange over chains', () => {
  const buffer = chained('hello', 'foo', 'cat', 'attack');
  const search = (what: string, from = 0) => buffer.search(what, at(buffer, from)).pos;
  const within = (what: string, end: number, from = 0) =>
    buffer.searchRange(what, at(buffer, from), at(buffer, end)).pos;
  assert.equal(buffer.search('attack', null).pos, 11);
  assert.equal(search('attacker'), -1);
  assert.equal(search('oc'), 7);
  assert.equal(search('cat', 7), 8);
  assert.equal(search('foo', 5), 5);
  assert.equal(search('tat', 7), 10);
  assert.equal(within('foo', 12), 5);
  assert.equal(within('foocata', 12), 5);
  assert.equal(within('foocatat', 12), -1);
  assert.equal(within('ack', 12), -1);
  assert.equal(within('attack', 17), 11);
  assert.equal(within('attack', 17, 17), -1);
});

test('V12 search in nothing, and for nothing', () => {
  const empty = new Evbuffer();
  assert.equal(empty.search('a', null).pos, -1);
  assert.equal(empty.search('abc', at(empty, 0)).pos, -1);
  const buffer = chained('hello', 'foo');
  assert.equal(buffer.search('', null).pos, 0);
  assert.equal(buffer.search('', at(buffer, 5)).pos, 5);
  assert.equal(buffer.search('h', new EvbufferPtr(-1)).pos, -1);
  assert.equal(buffer.search('h', new EvbufferPtr(100)).pos, -1);
});

test('V12 search does not give up after the beginning of a match', () => {
  const buffer = chained('aaaaa', 'aab', 'aaaab');
  assert.equal(buffer.search('aaaab', null).pos, 3);
  assert.equal(buffer.search('baaaab', null).pos, 7);
  assert.equal(buffer.search(Buffer.from('abaa'), null).pos, 6);
});

test('V13 find: the last bytes, and none beyond the end that were there before', () => {
  const buffer = new Evbuffer();
  buffer.add('0123456789abcdef');
  buffer.drain(16);
  buffer.add('01234');
  assert.equal(buffer.find('56'), null);
  assert.equal(buffer.find('45'), null);
  assert.equal(buffer.find('34')?.toString(), '34');
  const apart = chained('ab', 'cd', 'ef');
  assert.equal(apart.find('cdef')?.toString(), 'cdef');
  assert.equal(textOf(apart), 'abcdef');
});

test('V14 ptrSet: the end is a place, what is beyond is not', () => {
  const empty = new Evbuffer();
  const ptr = new EvbufferPtr();
  assert.equal(empty.ptrSet(ptr, 0, EVBUFFER_PTR_SET), 0);
  assert.equal(ptr.pos, 0);
  assert.equal(empty.ptrSet(ptr, 1, EVBUFFER_PTR_ADD), -1);
  assert.equal(ptr.pos, -1);
  assert.equal(empty.ptrSet(ptr, 1, EVBUFFER_PTR_SET), -1);
  assert.equal(ptr.pos, -1);

  const buffer = new Evbuffer();
  for (let i = 0; i < 12; i++) buffer.addReference(pattern(1000), null, null);
  for (const position of [10_000, 11_000, 12_000]) {
    assert.equal(buffer.ptrSet(ptr, position, EVBUFFER_PTR_SET), 0);
    assert.equal(ptr.pos, position);
  }
  assert.equal(buffer.ptrSet(ptr, 13_000, EVBUFFER_PTR_SET), -1);
  assert.equal(ptr.pos, -1);
  assert.equal(buffer.ptrSet(ptr, 1, EVBUFFER_PTR_ADD), -1, 'from no place');
  buffer.ptrSet(ptr, 10_000, EVBUFFER_PTR_SET);
  assert.equal(buffer.ptrSet(ptr, 1000, EVBUFFER_PTR_ADD), 0);
  assert.equal(buffer.ptrSet(ptr, 1000, EVBUFFER_PTR_ADD), 0);
  assert.equal(ptr.pos, 12_000);
  assert.equal(buffer.ptrSet(ptr, 1000, EVBUFFER_PTR_ADD), -1);
  assert.equal(buffer.ptrSet(ptr, 0.5, EVBUFFER_PTR_SET), -1);
});

test('V15 peek shows the bytes where they lie: 16 pieces that were moved here', () => {
  const buffer = new Evbuffer();
  const part = new Evbuffer();
  for (let i = 0; i < 16; i++) {
    part.addPrintf('Contents of chunk [%d]\n', i);
    buffer.addBuffer(part);
  }
  const whole = textOf(buffer);
  const pieces: Uint8Array[] = [];
  const shown = () => Buffer.concat(pieces).toString();
  assert.equal(buffer.peek(-1, null, pieces), 16);
  assert.equal(shown(), whole);
  assert.equal(buffer.peek(-1, null, null), 16);
  assert.equal(buffer.peek(40, null, pieces), 2);
  assert.equal(shown(), whole.slice(0, 44));
  assert.equal(buffer.peek(100, null, pieces), 5);
  assert.equal(buffer.peek(60, null, pieces, 1), 3);
  assert.equal(shown(), whole.slice(0, 22));
  assert.equal(buffer.peek(65_536, null, pieces), 16);
  assert.equal(buffer.peek(50, at(buffer, 30), pieces), 3);
  assert.equal(shown(), whole.slice(30, 88));
  assert.equal(buffer.peek(3, at(buffer, whole.length), pieces), 0);
  assert.equal(buffer.peek(0, null, pieces), 0);
  assert.equal(new Evbuffer().peek(-1, null, pieces), 0);
  assert.equal(textOf(buffer), whole);
});

test('V15 peek of all bytes counts the pieces that it shows, of so many bytes those that hold them', () => {
  const buffer = chained('hello', 'hello', 'hello');
  const pieces: Uint8Array[] = [];
  for (const most of [1, 2, 3, 4]) {
    assert.equal(buffer.peek(-1, null, pieces, most), Math.min(most, 3));
    assert.equal(pieces.length, Math.min(most, 3));
    assert.equal(buffer.peek(7, null, pieces, most), 2);
    assert.equal(pieces.length, Math.min(most, 2));
  }
  assert.equal(buffer.peek(-1, at(buffer, 6), pieces, 1), 1);
  // With no room for any it counts, as it does without vectors.
  assert.equal(buffer.peek(-1, null, pieces, 0), 3);
  assert.equal(buffer.peek(-1, null, null, 1), 3);
});

test('V15 peek from a place: the first piece is greater than what is asked', () => {
  const buffer = chained(pattern(64), 'x'.repeat(1400));
  const pieces: Uint8Array[] = [];
  const ptr = at(buffer, 63);
  assert.equal(buffer.peek(1, ptr, pieces), 1);
  assert.deepEqual(
    pieces.map((piece) => piece.length),
    [1],
  );
  assert.equal(buffer.peek(2, ptr, pieces), 2);
  assert.equal(pieces[1]?.length, 1400);
});

test('V19 addIovec, copyout and copyoutFrom', () => {
  const strings = ['a'.repeat(10), 'b'.repeat(55), 'c'.repeat(25), 'd'.repeat(116)];
  const buffer = new Evbuffer();
  assert.equal(buffer.addIovec(strings.map((text) => Buffer.from(text))), 206);
  const whole = strings.join('');
  for (const [from, asked, got] of [
    [0, 10, 10],
    [0, 100, 100],
    [0, 230, 206],
    [15, 10, 10],
    [15, 65, 65],
    [15, 90, 90],
    [15, 160, 160],
    [15, 999, 191],
    [206, 5, 0],
  ] as const) {
    const into = Buffer.alloc(asked);
    const count = from === 0 ? buffer.copyout(into) : buffer.copyoutFrom(at(buffer, from), into);
    assert.equal(count, got);
    assert.equal(into.toString('latin1', 0, got), whole.slice(from, from + got));
  }
  assert.equal(buffer.copyoutFrom(null, Buffer.alloc(3)), 3);
  assert.equal(buffer.copyoutFrom(new EvbufferPtr(207), Buffer.alloc(3)), -1);
  assert.equal(buffer.copyoutFrom(new EvbufferPtr(), Buffer.alloc(3)), -1);
  assert.equal(buffer.getLength(), 206);
});
