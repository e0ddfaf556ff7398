import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST, EventConfig } from '../core/config.ts';
import { EV_PERSIST, EV_READ, EV_WRITE } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { EventBase } from '../event/event_base.ts';
import { close, fcntl } from '../sys/descriptor.ts';
import { loggedBy } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { Pair, put } from '../testing/sockets.ts';

checkDescriptors();

const F_DUPFD = 0;

/** A number that no descriptor has. */
const CLOSED = 60_000;

function makeBase(): EventBase {
  using config = new EventConfig();
  config.setFlag(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  return new EventBase(config);
}

test('E07 events are watched from the next pass on, and no longer when deleted', () => {
  using pair = new Pair();
  using base = makeBase();
  const ran: string[] = [];
  const on = (name: string, what: number) =>
    new Event(base, pair.a, what | EV_PERSIST, () => ran.push(name), null);
  using reader = on('read', EV_READ);
  using writer = on('write', EV_WRITE);
  put(pair.b, 'x');
  reader.add();
  writer.add();
  pass(base);
  assert.deepEqual(ran.splice(0).sort(), ['read', 'write']);
  writer.del();
  pass(base);
  assert.deepEqual(ran.splice(0), ['read']);
  reader.del();
  writer.add();
  pass(base);
  assert.deepEqual(ran.splice(0), ['write']);
  writer.del();
  assert.equal(pass(base), 1);
  reader.add();
  writer.add();
  reader.del();
  pass(base);
  assert.deepEqual(ran, ['write']);
});

test('E07 what is undone before the next pass costs nothing, what fails is told then', () => {
  using base = makeBase();
  using bad = new Event(base, CLOSED, EV_READ, () => undefined, null);
  const undone = loggedBy(() => {
    assert.equal(bad.add(), 0);
    assert.equal(bad.del(), 0);
    pass(base);
  });
  assert.deepEqual(undone, []);
  const failed = loggedBy(() => {
    assert.equal(bad.add(), 0);
    pass(base);
  });
  assert.equal(failed.length, 1);
  assert.match(String(failed[0]), /Bad file descriptor/);
});

test('E07 a number that means another file before the change was told', () => {
  using base = makeBase();
  using pair = new Pair();
  const ran: string[] = [];
  using first = new Event(base, pair.a, EV_READ | EV_PERSIST, () => ran.push('first'), null);
  first.add();
  pass(base);
  const number = pair.a;
  first.del();
  pair.close(number);
  using again = new Pair();
  assert.equal(again.a, number);
  using second = new Event(base, number, EV_READ, () => ran.push('second'), null);
  second.add();
  put(again.b, 'x');
  pass(base);
  assert.deepEqual(ran, ['second']);
});

test('E39 what a duplicate keeps open is left behind, the rest is watched on', () => {
  using base = makeBase();
  using pair = new Pair();
  const ran: string[] = [];
  const on = (name: string, fd: number) =>
    new Event(base, fd, EV_READ | EV_PERSIST, () => ran.push(name), null);
  using first = on('first', pair.a);
  first.add();
  pass(base);
  const copy = fcntl(pair.a, F_DUPFD, 0);
  const number = pair.a;
  pair.close(number);
  first.del();
  using again = new Pair();
  assert.equal(again.a, number);
  using second = on('second', number);
  second.add();
  put(pair.b, 'x');
  pass(base);
  assert.deepEqual(ran, []);
  put(again.b, 'x');
  pass(base);
  assert.deepEqual(ran, ['second']);
  close(copy);
});
