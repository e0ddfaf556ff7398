import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EV_FEATURE_ET } from '../core/eventop.ts';
import { EV_CLOSED, EV_ET, EV_PERSIST, EV_READ, EV_WRITE } from '../core/flags.ts';
import { read } from '../sys/descriptor.ts';
import { EINVAL, errno } from '../sys/errno.ts';
import { SHUT_WR, shutdown } from '../sys/socket.ts';
import { makeBaseOn, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { Pair, put } from '../testing/sockets.ts';
import { Event } from './event.ts';

checkDescriptors();

onEachBackend((makeBase) => {
  test('E72 EV_ET reports a change once where the backend can, else it is as without', () => {
    using pair = new Pair();
    using base = makeBase();
    const canEdge = (base.getFeatures() & EV_FEATURE_ET) !== 0;
    const calls: number[] = [];
    const what = EV_READ | EV_ET | EV_PERSIST;
    using event = new Event(
      base,
      pair.a,
      what,
      (fd, result) => {
        calls.push(result);
        const one = Buffer.alloc(1);
        assert.equal(read(fd, one), 1);
      },
      null,
    );
    event.add();
    put(pair.b, 'thirteen byte');
    shutdown(pair.b, SHUT_WR);
    pass(base);
    pass(base);
    assert.deepEqual(calls, canEdge ? [EV_READ | EV_ET] : [EV_READ, EV_READ]);
  });

  test('E73 edge-triggered and other events do not share a descriptor', () => {
    using pair = new Pair();
    using base = makeBase();
    using edge = new Event(base, pair.a, EV_READ | EV_ET, () => undefined, null);
    using level = new Event(base, pair.a, EV_READ, () => undefined, null);
    assert.equal(edge.add(), 0);
    assert.equal(level.add(), -1);
    assert.equal(errno(), EINVAL);
    assert.equal(edge.pending(EV_READ), EV_READ);
    assert.equal(level.pending(EV_READ), 0);
    edge.del();
    assert.equal(level.add(), 0);
    assert.equal(edge.add(), -1);
  });
});

suite('on epoll', () => {
  test('E74 reading and writing events with EV_ET: each once, also when the other is gone', () => {
    using pair = new Pair();
    using base = makeBaseOn('epoll');
    const calls: string[] = [];
    const on = (name: string, what: number) =>
      new Event(base, pair.a, what | EV_ET | EV_PERSIST, () => calls.push(name), null);
    using reader = on('read', EV_READ);
    using writer = on('write', EV_WRITE);
    put(pair.b, 'x');
    reader.add();
    writer.add();
    pass(base);
    pass(base);
    assert.deepEqual(calls.splice(0).sort(), ['read', 'write']);
    reader.del();
    pass(base);
    calls.length = 0;
    pass(base);
    assert.deepEqual(calls, []);
    pair.close(pair.b);
    pass(base);
    pass(base);
    assert.deepEqual(calls, ['write']);
  });

  for (const persist of [0, EV_PERSIST]) {
    test(`E33 EV_CLOSED with EV_ET${persist === 0 ? '' : ' and EV_PERSIST'} comes once`, () => {
      using pair = new Pair();
      using base = makeBaseOn('epoll');
      const calls: number[] = [];
      const what = EV_CLOSED | EV_ET | persist;
      using event = new Event(base, pair.a, what, (_fd, result) => calls.push(result), null);
      event.add();
      pair.close(pair.b);
      pass(base);
      pass(base);
      assert.deepEqual(calls, [EV_CLOSED | EV_ET]);
    });
  }
});
