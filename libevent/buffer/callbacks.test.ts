import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVLOOP_NONBLOCK, EVLOOP_ONCE } from '../core/loop.ts';
import { EventBase } from '../event/event_base.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { chained, textOf, told } from '../testing/evbuffer.ts';
import { Pair } from '../testing/sockets.ts';
import { EVBUFFER_CB_ENABLED } from './callbacks.ts';
import type { EvbufferCbInfo } from './callbacks.ts';
import { Evbuffer } from './evbuffer.ts';
import type { EvbufferCallback } from './evbuffer.ts';

checkDescriptors();

/** Writes down the lengths before and after each change. */
const log: EvbufferCallback<string[]> = (buffer, { origSize, nAdded, nDeleted }, entries) => {
  assert.equal(buffer.getLength(), origSize + nAdded - nDeleted);
  entries.push(`${String(origSize)}->${String(buffer.getLength())}; `);
};

function change(buffer: Evbuffer): void {
  buffer.addPrintf('The %d magic words are spotty pudding', 2);
  buffer.drain(10);
  buffer.add('abcde');
  buffer.addReference(Buffer.from('fghijkl'), null, null);
}

test('V16 a callback hears of each change, with counts', () => {
  const entries: string[] = [];
  const buffer = new Evbuffer();
  buffer.addCb(log, entries);
  change(buffer);
  assert.equal(entries.join(''), '0->36; 36->26; 26->31; 31->38; ');
});

test('V16 a disabled callback misses what happens meanwhile; a wrong argument removes none', () => {
  const all: string[] = [];
  const some: string[] = [];
  const buffer = new Evbuffer();
  buffer.addCb(log, all);
  const entry = buffer.addCb(log, some);
  buffer.addPrintf('The %d magic words are spotty pudding', 2);
  assert.equal(buffer.cbClearFlags(entry, EVBUFFER_CB_ENABLED), 0);
  assert.equal(entry.flags, 0);
  buffer.drain(10);
  buffer.add('abcde');
  assert.equal(buffer.cbSetFlags(entry, EVBUFFER_CB_ENABLED), 0);
  buffer.add('fghijkl');
  assert.equal(buffer.removeCb(log, ['wrong']), -1);
  assert.equal(buffer.removeCb(log, all), 0);
  assert.equal(buffer.removeCb(log, all), -1);
  buffer.drain(-1);
  buffer.add('x');
  assert.equal(some.join(''), '0->36; 31->38; 38->0; 0->1; ');
  assert.equal(buffer.removeCbEntry(entry), 0);
  assert.equal(buffer.removeCbEntry(entry), -1);
  assert.equal(buffer.cbSetFlags(entry, EVBUFFER_CB_ENABLED), -1);
  buffer.add('y');
  assert.equal(some.length, 4);
});

test('V16 setCb takes the place of all others, and null of that', () => {
  const entries: string[] = [];
  const lengths: number[][] = [];
  const buffer = new Evbuffer();
  buffer.addCb(log, entries);
  buffer.setCb((same, oldLength, newLength, arg) => {
    assert.equal(same, buffer);
    lengths.push([oldLength, newLength, arg]);
  }, 7);
  buffer.add('abc');
  buffer.drain(2);
  assert.deepEqual(
    [entries, lengths],
    [
      [],
      [
        [0, 3, 7],
        [3, 1, 7],
      ],
    ],
  );
  buffer.setCb(null, null);
  buffer.add('abc');
  assert.equal(lengths.length, 2);
});

test('V16 a callback that drains leaves the buffer empty at once', () => {
  const infos: number[][] = [];
  const buffer = new Evbuffer();
  buffer.addCb((same, info) => {
    infos.push([info.origSize, info.nAdded, info.nDeleted]);
    if (info.nAdded > 0) same.drain(-1);
  }, null);
  for (const text of ['So', 'this', 'is', 'gone']) {
    buffer.add(text);
    assert.equal(buffer.getLength(), 0);
  }
  assert.deepEqual(infos.slice(0, 2), [
    [0, 2, 0],
    [2, 0, 2],
  ]);
});

test('V16 nothing is told of a change of nothing', () => {
  using pair = new Pair();
  const buffer = chained('abc');
  const infos = told(buffer);
  buffer.add('');
  buffer.prepend('');
  buffer.addIovec([Buffer.alloc(0)]);
  buffer.drain(0);
  buffer.remove(Buffer.alloc(0));
  buffer.addBuffer(new Evbuffer());
  buffer.addBufferReference(new Evbuffer());
  buffer.addReference(Buffer.alloc(0), null, null);
  buffer.expand(5000);
  buffer.commitSpace([]);
  buffer.pullup(-1);
  assert.equal(buffer.read(pair.a), -1);
  assert.equal(buffer.write(pair.a, 0), 0);
  assert.deepEqual(infos, []);
});

test('V16 the newest callback is called first, one that was taken out meanwhile is not', () => {
  const order: string[] = [];
  const buffer = new Evbuffer();
  const first = buffer.addCb(() => order.push('first'), null);
  buffer.addCb(() => order.push('second'), null);
  buffer.addCb((same) => {
    order.push('third');
    same.removeCbEntry(first);
    same.addCb(() => order.push('new'), null);
  }, null);
  buffer.add('x');
  assert.deepEqual(order, ['third', 'second']);
});

test('V16 a callback may free the buffer', () => {
  const buffer = new Evbuffer();
  const source = chained('abc');
  const infos = told(buffer);
  buffer.addCb((same) => same.free(), null);
  buffer.addBuffer(source);
  assert.deepEqual(infos, []);
  assert.throws(() => buffer.getLength(), /used after free/);
  assert.equal(source.getLength(), 0);
});

test('V16 what a callback throws reaches the caller, and the change has been made', () => {
  const buffer = new Evbuffer();
  const source = chained('abc');
  const infos = told(buffer);
  source.addCb(() => {
    throw new Error('from the callback');
  }, null);
  assert.throws(() => buffer.addBuffer(source), /from the callback/);
  assert.equal(textOf(buffer), 'abc');
  assert.equal(source.getLength(), 0);
  assert.deepEqual(infos, [[0, 3, 0]]);
});

test('V17 prependBuffer tells both: 3 were there, 8,096 came', () => {
  const source = chained('x'.repeat(4096), 'y'.repeat(4000));
  const buffer = chained('abc');
  const gone = told(source);
  const came = told(buffer);
  buffer.prependBuffer(source);
  assert.deepEqual(came, [[3, 8096, 0]]);
  assert.deepEqual(gone, [[8096, 0, 8096]]);
});

test('V16 moves tell each buffer what it lost or got', () => {
  using pair = new Pair();
  const a = chained('abc', 'defg');
  const b = chained('hi');
  const tellA = told(a);
  const tellB = told(b);
  a.removeBuffer(b, 4);
  b.addBuffer(a);
  a.addBufferReference(b);
  b.prependBuffer(a);
  b.write(pair.a, 5);
  a.read(pair.b);
  a.readln(3);
  a.addPrintf('%s\n', 'line');
  a.readln(3);
  assert.deepEqual(tellA, [
    [7, 0, 4],
    [3, 0, 3],
    [0, 9, 0],
    [9, 0, 9],
    [0, 5, 0],
    [5, 5, 0],
    [10, 0, 10],
  ]);
  assert.deepEqual(tellB, [
    [2, 4, 0],
    [6, 3, 0],
    [9, 9, 0],
    [18, 0, 5],
  ]);
});

/** What moves bytes, as `[source, destination]`, the one of the two that is told first, and its name. */
const moves: [
  string,
  'source' | 'destination',
  (source: Evbuffer, destination: Evbuffer) => void,
][] = [
  ['addBuffer', 'source', (source, destination) => destination.addBuffer(source)],
  ['prependBuffer', 'source', (source, destination) => destination.prependBuffer(source)],
  ['removeBuffer of all', 'source', (source, destination) => source.removeBuffer(destination, -1)],
  ['removeBuffer', 'destination', (source, destination) => source.removeBuffer(destination, 3)],
];

for (const [name, first, move] of moves) {
  test(`V16 ${name}: the callback told first may change the other buffer, whose counts add up`, () => {
    const source = chained('12345');
    const destination = chained('ab');
    const [changing, changed] = first === 'source' ? [source, destination] : [destination, source];
    const infos = told(changed);
    changing.addCb(() => changed.add('xyz'), null);
    move(source, destination);
    // One call, for both changes, as in C.
    assert.deepEqual(infos, [first === 'source' ? [2, 8, 0] : [5, 3, 3]]);
    assert.equal(changed.getLength(), first === 'source' ? 10 : 5);
  });
}

test('V16 what a cleanup callback adds to the buffer that let its bytes go adds up', () => {
  for (const take of [
    (buffer: Evbuffer) => buffer.drain(3),
    (buffer: Evbuffer) => buffer.remove(Buffer.alloc(3)),
    (buffer: Evbuffer) => buffer.readln(3),
  ]) {
    const buffer = new Evbuffer();
    buffer.addReference(Buffer.from('ab\n'), () => buffer.add('next'), null);
    const infos = told(buffer);
    take(buffer);
    assert.deepEqual(infos, [[3, 4, 3]]);
    assert.equal(textOf(buffer), 'next');
  }
});

test('V16 what a cleanup callback throws leaves no change untold', () => {
  const buffer = new Evbuffer();
  const fail = (): never => {
    throw new Error('from the cleanup');
  };
  buffer.addReference(Buffer.from('abc'), fail, null);
  const infos = told(buffer);
  assert.throws(() => buffer.drain(3), /from the cleanup/);
  assert.deepEqual(infos, [[3, 0, 3]]);
});

test('V25 deferred callbacks run from the loop, once for all changes', () => {
  using base = new EventBase();
  const infos: EvbufferCbInfo[] = [];
  const buffer = new Evbuffer();
  buffer.addCb((_buffer, info) => infos.push(info), null);
  assert.equal(buffer.deferCallbacks(base), 0);
  buffer.add('abcdef');
  buffer.drain(2);
  buffer.add('gh');
  assert.equal(infos.length, 0);
  base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
  assert.deepEqual(infos, [{ origSize: 0, nAdded: 8, nDeleted: 2 }]);
  base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
  assert.equal(infos.length, 1);
  buffer.add('i');
  buffer.free();
  assert.equal(base.dispatch(), 1);
  assert.equal(infos.length, 1);
});

test('V25 a deferred callback that was added after all changes is not told of nothing', () => {
  using base = new EventBase();
  const buffer = new Evbuffer();
  buffer.addCb(() => assert.fail(), null);
  buffer.deferCallbacks(base);
  buffer.add('abc');
  buffer.setCb(null, null);
  buffer.add('def');
  const infos = told(buffer);
  base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
  buffer.add('g');
  base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
  assert.deepEqual(infos, [[6, 1, 0]]);
  buffer.free();
});

test('V25 after free() a deferred callback is not called, though a change waits', () => {
  using base = new EventBase();
  const buffer = new Evbuffer();
  buffer.addCb(() => assert.fail(), null);
  buffer.deferCallbacks(base);
  buffer.add('abc');
  buffer.free();
  assert.equal(base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK), 1);
});

test('V25 a buffer with deferred callbacks may be freed after its base', () => {
  const base = new EventBase();
  const buffer = new Evbuffer();
  buffer.addCb(() => assert.fail(), null);
  buffer.deferCallbacks(base);
  buffer.add('x');
  base.free();
  buffer.free();
});
