import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { Event } from './event.ts';
import { EventBase } from './event_base.ts';
import { EV_CLOSED, EV_ET, EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE } from './event_node.ts';
import { close } from './sys/descriptor.ts';
import { EBADF, EPERM, errno } from './sys/errno.ts';
import { SHUT_WR, shutdown } from './sys/socket.ts';
import { checkDescriptors, get, Pair, pass, put } from './testing.ts';

checkDescriptors();

test('E23 E29 an event without EV_PERSIST fires once though data remains', () => {
  using pair = new Pair();
  using base = new EventBase();
  const calls: number[] = [];
  using event = new Event(base, pair.a, EV_READ, (fd, what) => calls.push(fd, what), null);
  assert.equal(event.add(), 0);
  pass(base);
  assert.deepEqual(calls, []);
  put(pair.b, 'x');
  pass(base);
  assert.equal(event.pending(EV_READ), 0);
  assert.equal(pass(base), 1);
  assert.deepEqual(calls, [pair.a, EV_READ]);
});

test('E23 a read event re-added by its callback sees the data, then the end', () => {
  using pair = new Pair();
  using base = new EventBase();
  const seen: (string | null)[] = [];
  const event: Event<null> = new Event(
    base,
    pair.a,
    EV_READ,
    (fd) => {
      seen.push(get(fd));
      if (seen.length < 2) event.add();
    },
    null,
  );
  event.add();
  put(pair.b, 'data');
  shutdown(pair.b, SHUT_WR);
  assert.equal(base.dispatch(), 1);
  assert.deepEqual(seen, ['data', '']);
});

test('E28 E30 read and write events of one descriptor, and one event for both', () => {
  using pair = new Pair();
  using base = new EventBase();
  const calls: [string, number][] = [];
  const on = (name: string, what: number) =>
    new Event(base, pair.a, what, (_fd, result) => calls.push([name, result]), null);
  using read = on('read', EV_READ | EV_PERSIST);
  using write = on('write', EV_WRITE | EV_PERSIST);
  read.add();
  write.add();
  pass(base);
  assert.deepEqual(calls.splice(0), [['write', EV_WRITE]]);
  write.del();
  put(pair.b, 'x');
  pass(base);
  assert.deepEqual(calls.splice(0), [['read', EV_READ]]);
  read.del();
  using both = on('both', EV_READ | EV_WRITE);
  both.add();
  pass(base);
  assert.deepEqual(calls, [['both', EV_READ | EV_WRITE]]);
  assert.equal(both.pending(EV_READ | EV_WRITE), 0);
});

test('E31 of the events of one descriptor the one added last runs first', () => {
  using pair = new Pair();
  using base = new EventBase();
  put(pair.b, 'x');
  const order: string[] = [];
  const names = [
    ['read1', EV_READ],
    ['read2', EV_READ],
    ['write', EV_WRITE],
  ] as const;
  for (const [name, what] of names) {
    new Event(base, pair.a, what, () => order.push(name), null).add();
  }
  pass(base);
  assert.deepEqual(order, ['write', 'read2', 'read1']);
});

test('E33 EV_CLOSED tells of the peer closing though data is unread', () => {
  using pair = new Pair();
  using base = new EventBase();
  const calls: number[] = [];
  using event = new Event(base, pair.a, EV_CLOSED, (_fd, what) => calls.push(what), null);
  event.add();
  put(pair.b, 'unread');
  pass(base);
  assert.deepEqual(calls, []);
  shutdown(pair.b, SHUT_WR);
  pass(base);
  assert.deepEqual(calls, [EV_CLOSED]);
});

test('E34 two events that each re-add the other: two calls, one of them pending', () => {
  using pair = new Pair();
  using base = new EventBase();
  let calls = 0;
  const events: Event<number>[] = [];
  const callback = (_fd: number, _what: number, other: number): void => {
    calls++;
    events[other]?.add();
    events[1 - other]?.del();
  };
  events.push(new Event<number>(base, pair.a, EV_WRITE, callback, 1));
  events.push(new Event<number>(base, pair.b, EV_WRITE, callback, 0));
  for (const event of events) event.add();
  pass(base);
  assert.equal(calls, 2);
  assert.equal(events.filter((event) => event.pending(EV_WRITE) !== 0).length, 1);
});

test('E35 pending says what an event waits for and nothing else', () => {
  using pair = new Pair();
  using base = new EventBase();
  using event = new Event(base, pair.a, EV_READ, () => undefined, null);
  assert.equal(event.pending(EV_READ | EV_WRITE | EV_TIMEOUT), 0);
  event.add();
  assert.equal(event.pending(EV_READ | EV_WRITE | EV_TIMEOUT), EV_READ);
  event.add(10);
  assert.equal(event.pending(EV_READ | EV_WRITE | EV_TIMEOUT), EV_READ | EV_TIMEOUT);
  event.del();
  assert.equal(event.pending(EV_READ | EV_WRITE | EV_TIMEOUT), 0);
});

test('E36 deleting what was never added and adding twice are fine, bad descriptors are not', () => {
  using pair = new Pair();
  using base = new EventBase();
  using event = new Event(base, pair.a, EV_READ, () => undefined, null);
  assert.equal(event.del(), 0);
  assert.equal(event.add(), 0);
  assert.equal(event.add(), 0);
  using bad = new Event(base, 0x7fffffff, EV_READ, () => undefined, null);
  assert.equal(bad.add(), -1);
  assert.equal(errno(), EBADF);
  assert.equal(bad.pending(EV_READ), 0);
  assert.throws(() => new Event(base, -1, EV_READ, () => undefined, null), RangeError);
});

test('E38 a regular file cannot be watched by epoll', () => {
  using base = new EventBase();
  const file = openSync(fileURLToPath(import.meta.url), 'r');
  using event = new Event(base, file, EV_READ, () => undefined, null);
  assert.equal(event.add(), -1);
  assert.equal(errno(), EPERM);
  close(file);
});

test('E39 a descriptor closed and opened again under its number', () => {
  using base = new EventBase();
  using pair = new Pair();
  const calls: number[] = [];
  const first = new Event(base, pair.a, EV_READ | EV_PERSIST, () => calls.push(1), null);
  first.add();
  const number = pair.a;
  pair.close(number);
  assert.equal(first.del(), 0);
  using again = new Pair();
  assert.equal(again.a, number);
  using second = new Event(base, again.a, EV_WRITE, () => calls.push(2), null);
  assert.equal(second.add(), 0);
  pass(base);
  assert.deepEqual(calls, [2]);
});

test('E41 seventy writable sockets are each called once in one pass', () => {
  using base = new EventBase();
  const pairs = Array.from({ length: 35 }, () => new Pair());
  const seen = new Map<number, number>();
  for (const fd of pairs.flatMap((pair) => [pair.a, pair.b])) {
    new Event(base, fd, EV_WRITE, () => seen.set(fd, (seen.get(fd) ?? 0) + 1), null).add();
  }
  pass(base);
  assert.equal(seen.size, 70);
  assert.ok([...seen.values()].every((count) => count === 1));
  for (const pair of pairs) pair[Symbol.dispose]();
});

test('E45 active twice is one call with both reasons, none if it was deleted before', () => {
  using base = new EventBase();
  const calls: number[] = [];
  using event = new Event(base, -1, EV_PERSIST, (_fd, what) => calls.push(what), null);
  event.active(EV_READ);
  event.active(EV_WRITE);
  assert.equal(event.pending(EV_READ | EV_WRITE), EV_READ | EV_WRITE);
  pass(base);
  assert.deepEqual(calls, [EV_READ | EV_WRITE]);
  event.active(EV_READ);
  event.del();
  pass(base);
  assert.equal(calls.length, 1);
});

test('E72 E74 EV_ET reports a change once', () => {
  using pair = new Pair();
  using base = new EventBase();
  const calls: number[] = [];
  const what = EV_READ | EV_ET | EV_PERSIST;
  using event = new Event(base, pair.a, what, (_fd, result) => calls.push(result), null);
  event.add();
  put(pair.b, 'unread');
  pass(base);
  pass(base);
  assert.deepEqual(calls, [EV_READ | EV_ET]);
  put(pair.b, 'more');
  pass(base);
  assert.equal(calls.length, 2);
});

test('a callback may delete and free events that are active with it', () => {
  using pairs = new Pair();
  using base = new EventBase();
  const order: string[] = [];
  const victim = new Event(base, pairs.a, EV_WRITE, () => order.push('victim'), null);
  const killer: Event<null> = new Event(
    base,
    pairs.a,
    EV_WRITE,
    () => {
      order.push('killer');
      victim.free();
      killer.free();
    },
    null,
  );
  victim.add();
  killer.add();
  pass(base);
  assert.deepEqual(order, ['killer']);
  assert.equal(pass(base), 1);
  assert.throws(() => victim.add(), /Event used after free/);
  assert.throws(() => killer.free(), /Event used after free/);
});

test('a callback may close the descriptor of another event and free it', () => {
  using pair = new Pair();
  using base = new EventBase();
  const calls: string[] = [];
  const other = new Event(base, pair.b, EV_READ | EV_PERSIST, () => calls.push('other'), null);
  using event = new Event(
    base,
    pair.a,
    EV_WRITE,
    () => {
      other.free();
      pair.close(pair.b);
      calls.push('event');
    },
    null,
  );
  other.add();
  event.add();
  assert.equal(base.dispatch(), 1);
  assert.deepEqual(calls, ['event']);
});
