import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { F_GETFD, fcntl } from '../sys/descriptor.ts';
import { EBADF, ECONNRESET, EPIPE, errno } from '../sys/errno.ts';
import { setsockopt, SHUT_WR, shutdown, SO_LINGER, SOL_SOCKET } from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { noteEvents, watched } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { inLoop, passUntil, pass } from '../testing/loop.ts';
import { TcpPair, get, Pair, put } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_WRITING,
  BEV_OPT_CLOSE_ON_FREE,
} from './constants.ts';

checkDescriptors();

/** Writing, by what makes a difference to it. */
const WAYS_TO_WRITE = [
  ['outside the loop', (bev: Bufferevent) => void bev.write('x')],
  ['from a callback', (bev: Bufferevent) => inLoop(bev.getBase(), () => void bev.write('x'))],
] as const;

onEachBackend((makeBase, method) => {
  test('S08 the end of the file: one event, unread input stays, output still goes', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.enable(EV_READ);
    put(pair.b, 'last');
    pass(base);
    shutdown(pair.b, SHUT_WR);
    pass(base);
    pass(base);
    const eof = `event 0x${(BEV_EVENT_READING | BEV_EVENT_EOF).toString(16)}`;
    assert.deepEqual(log, ['read 4', eof]);
    assert.equal(bev.getEnabled(), EV_WRITE);
    assert.equal(bev.getInput().getLength(), 4);
    bev.write('bye');
    pass(base);
    assert.equal(get(pair.b), 'bye');
    log.length = 0;
    bev.enable(EV_READ);
    pass(base);
    assert.deepEqual(log, [eof]);
    bev.free();
  });

  test('S09 line and end together: the reply is written before the end is reported', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const log: (string | null)[] = [];
    bev.setCb(
      (self) => {
        log.push('read');
        self.getOutput().addBuffer(self.getInput());
      },
      () => log.push('write'),
      () => log.push('event', get(pair.b)),
      null,
    );
    bev.enable(EV_READ);
    put(pair.b, 'line\n');
    shutdown(pair.b, SHUT_WR);
    for (let i = 0; i < 3; i++) pass(base);
    assert.deepEqual(log, ['read', 'write', 'event', 'line\n']);
  });

  for (const [where, write] of WAYS_TO_WRITE) {
    test(`S10 writing to a closed peer ${where} is an event with EPIPE`, () => {
      using pair = new Pair();
      using base = makeBase();
      using bev = Bufferevent.socketNew(base, pair.a, 0);
      const calls: number[] = [];
      bev.setCb(null, null, (_bev, what) => calls.push(what, errno()), null);
      pair.close(pair.b);
      write(bev);
      pass(base);
      pass(base);
      assert.deepEqual(calls, [BEV_EVENT_WRITING | BEV_EVENT_ERROR, EPIPE]);
      assert.equal(bev.getEnabled(), 0);
    });
  }

  test('S10 a reset is an event with ECONNRESET', () => {
    using pair = new TcpPair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.server, 0);
    const calls = noteEvents(bev);
    bev.enable(EV_READ);
    const lingerOffNow = Buffer.from(new Int32Array([1, 0]).buffer);
    assert.equal(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, lingerOffNow), 0);
    pair.close(pair.client);
    passUntil(base, () => calls.length > 0);
    pass(base);
    assert.deepEqual(calls, [BEV_EVENT_READING | BEV_EVENT_ERROR, ECONNRESET]);
    assert.equal(bev.getEnabled(), EV_WRITE);
  });

  for (const [where, write] of WAYS_TO_WRITE) {
    // select(2) itself fails when it is to watch a closed descriptor, and with it the loop.
    if (method === 'select' && where === 'outside the loop') continue;
    test(`S10 writing ${where} to a descriptor that is closed is an event with EBADF`, () => {
      using pair = new Pair();
      using base = makeBase();
      using bev = Bufferevent.socketNew(base, pair.a, 0);
      const calls = noteEvents(bev);
      pair.close(pair.a);
      write(bev);
      passUntil(base, () => calls.length > 0);
      assert.deepEqual(calls, [BEV_EVENT_WRITING | BEV_EVENT_ERROR, EBADF]);
      assert.equal(bev.getEnabled(), 0);
    });
  }

  test('S11 disabled for reading, bytes stay in the kernel', () => {
    using pair = new Pair();
    using base = makeBase();
    const [bev, log] = watched(base, pair.a);
    bev.enable(EV_READ);
    bev.disable(EV_READ);
    put(pair.b, 'abc');
    pass(base);
    assert.deepEqual(log, []);
    assert.equal(bev.getInput().getLength(), 0);
    bev.enable(EV_READ);
    pass(base);
    assert.deepEqual(log, ['read 3']);
    bev.free();
  });

  test('disabled for writing, output waits until it is enabled', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    bev.disable(EV_WRITE);
    inLoop(base, () => void bev.write('abc'));
    pass(base);
    assert.equal(get(pair.b), null);
    inLoop(base, () => void bev.enable(EV_WRITE));
    assert.equal(get(pair.b), 'abc');
  });

  test('S12 free drops output and the loop closes the descriptor, also from its own callback', () => {
    using pair = new Pair();
    using base = makeBase();
    const bev = Bufferevent.socketNew(base, pair.release(pair.a), BEV_OPT_CLOSE_ON_FREE);
    const fd = bev.getFd();
    let calls = 0;
    bev.setCb(
      (self) => {
        calls++;
        self.write('dropped');
        self.free();
        assert.equal(fcntl(fd, F_GETFD) >= 0, true);
      },
      () => calls++,
      () => calls++,
      null,
    );
    bev.enable(EV_READ);
    put(pair.b, 'x');
    pass(base);
    assert.equal(fcntl(fd, F_GETFD), -1);
    assert.equal(errno(), EBADF);
    // The peer hears of the close, but of none of the output.
    assert.equal(get(pair.b), '');
    assert.equal(pass(base), 1);
    assert.equal(calls, 1);
    assert.throws(() => bev.getInput(), /Bufferevent used after free/);
    assert.throws(() => bev.free(), /Bufferevent used after free/);
  });

  test('S12 without a further pass the base closes the descriptor, without a base free does', () => {
    using pair = new Pair();
    const base = makeBase();
    const first = Bufferevent.socketNew(base, pair.release(pair.a), BEV_OPT_CLOSE_ON_FREE);
    const second = Bufferevent.socketNew(base, pair.release(pair.b), BEV_OPT_CLOSE_ON_FREE);
    first.free();
    assert.ok(fcntl(pair.a, F_GETFD) >= 0);
    base.free();
    assert.equal(fcntl(pair.a, F_GETFD), -1);
    second.free();
    assert.equal(fcntl(pair.b, F_GETFD), -1);
  });

  test('S12 without CLOSE_ON_FREE the descriptor stays open', () => {
    using pair = new Pair();
    using base = makeBase();
    Bufferevent.socketNew(base, pair.a, 0).free();
    assert.equal(pass(base), 1);
    put(pair.b, 'x');
    assert.equal(get(pair.a), 'x');
  });

  test('a callback that throws reaches whoever runs the loop, and the bufferevent goes on', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    bev.setCb(
      (self) => {
        self.getOutput().addBuffer(self.getInput());
        throw new Error('from the read callback');
      },
      null,
      null,
      null,
    );
    bev.enable(EV_READ);
    put(pair.b, 'one');
    assert.throws(() => pass(base), /from the read callback/);
    pass(base);
    assert.equal(get(pair.b), 'one');
  });
});
