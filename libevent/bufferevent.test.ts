import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BEV_OPT_CLOSE_ON_FREE, Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_WRITING,
} from './bufferevent_state.ts';
import { Event } from './event.ts';
import { EventBase } from './event_base.ts';
import { EV_READ, EV_WRITE } from './event_node.ts';
import { Evbuffer } from './evbuffer.ts';
import { close, F_GETFD, fcntl } from './sys/descriptor.ts';
import { EBADF, ECONNRESET, EPIPE, errno } from './sys/errno.ts';
import {
  accept4,
  bind,
  listen,
  setsockopt,
  SHUT_WR,
  shutdown,
  SO_LINGER,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  socket,
  SOL_SOCKET,
} from './sys/socket.ts';
import { AF_INET } from './sys/address.ts';
import { checkDescriptors, connectTo, get, LOOPBACK, Pair, pass, portOf, put } from './testing.ts';

checkDescriptors();

/** A bufferevent on one end of a pair that notes what it is called for. */
function watched(base: EventBase, fd: number): [Bufferevent, string[]] {
  const log: string[] = [];
  const bev = Bufferevent.socketNew(base, fd, 0);
  bev.setCb(
    (self) => log.push(`read ${String(self.getInput().getLength())}`),
    (self) => log.push(`write ${String(self.getOutput().getLength())}`),
    (_self, what) => log.push(`event 0x${what.toString(16)}`),
    null,
  );
  return [bev, log];
}

/** Runs something in a callback of the loop. */
function inLoop(base: EventBase, action: () => void): void {
  new Event(base, -1, 0, action, null).active(0);
  pass(base);
}

test('S01 a new bufferevent writes and does not read', () => {
  using pair = new Pair();
  using base = new EventBase();
  using bev = Bufferevent.socketNew(base, pair.a, 0);
  assert.equal(bev.getEnabled(), EV_WRITE);
  assert.equal(bev.getFd(), pair.a);
  assert.equal(bev.getBase(), base);
  put(pair.b, 'x');
  assert.equal(pass(base), 1);
  assert.equal(bev.getInput().getLength(), 0);
  assert.throws(() => Bufferevent.socketNew(base, pair.a, 0x80), RangeError);
  assert.throws(() => Bufferevent.socketNew(base, -1, 0), RangeError);
});

test('S02 8,333 bytes from one bufferevent to another', () => {
  using pair = new Pair();
  using base = new EventBase();
  using from = Bufferevent.socketNew(base, pair.a, 0);
  using to = Bufferevent.socketNew(base, pair.b, 0);
  const bytes = Buffer.from(Uint8Array.from({ length: 8333 }, (_, i) => i & 0xff));
  const received = new Evbuffer();
  let written = 0;
  from.setCb(null, () => written++, null, null);
  to.setCb((bev, into) => into.addBuffer(bev.getInput()), null, null, received);
  to.enable(EV_READ);
  from.write(bytes);
  while (received.getLength() < bytes.length) pass(base);
  assert.equal(received.pullup(-1)?.equals(bytes), true);
  assert.equal(written, 1);
});

test('S04 enabling EV_WRITE with nothing to write runs the write callback once', () => {
  using pair = new Pair();
  using base = new EventBase();
  const [bev, log] = watched(base, pair.a);
  bev.enable(EV_WRITE);
  for (let i = 0; i < 3; i++) pass(base);
  assert.deepEqual(log, ['write 0']);
  bev.free();
});

test('S05 output written outside the loop goes with the next pass', () => {
  using pair = new Pair();
  using base = new EventBase();
  const [bev, log] = watched(base, pair.a);
  bev.write('hello');
  assert.equal(bev.getOutput().getLength(), 5);
  assert.equal(get(pair.b), null);
  pass(base);
  assert.equal(get(pair.b), 'hello');
  assert.deepEqual(log, ['write 0']);
  assert.equal(pass(base), 1);
  bev.free();
});

test('S05 output of a callback goes when the callback returns, its write callback a pass later', () => {
  using pair = new Pair();
  using base = new EventBase();
  const [bev, log] = watched(base, pair.a);
  const seen: (string | number | null)[] = [];
  new Event(
    base,
    -1,
    0,
    () => {
      bev.write('hel');
      bev.write('lo');
      seen.push(bev.getOutput().getLength(), get(pair.b));
    },
    null,
  ).active(0);
  new Event(base, -1, 0, () => seen.push(get(pair.b)), null).active(0);
  pass(base);
  assert.deepEqual(seen, [5, null, 'hello']);
  assert.deepEqual(log, []);
  pass(base);
  assert.deepEqual(log, ['write 0']);
  assert.equal(pass(base), 1);
  bev.free();
});

test('S05 a write callback that always writes does not keep the others waiting', () => {
  using pair = new Pair();
  using other = new Pair();
  using base = new EventBase();
  using bev = Bufferevent.socketNew(base, pair.a, 0);
  let writes = 0;
  bev.setCb(
    null,
    (self) => {
      writes++;
      self.write('x');
    },
    null,
    null,
  );
  const [reader, log] = watched(base, other.a);
  reader.enable(EV_READ);
  bev.write('x');
  pass(base);
  pass(base);
  put(other.b, 'hi');
  pass(base);
  assert.deepEqual(log, ['read 2']);
  assert.ok(writes >= 2 && writes <= 4);
  reader.free();
});

test('S06 the user neither adds to the input nor drains the output', () => {
  using pair = new Pair();
  using base = new EventBase();
  using bev = Bufferevent.socketNew(base, pair.a, 0);
  assert.equal(bev.getInput().add('x'), -1);
  bev.write('x');
  assert.equal(bev.getOutput().drain(1), -1);
});

test('S07 a pass reads once, up to 16,384 bytes', () => {
  using pair = new Pair();
  using base = new EventBase();
  const [bev, log] = watched(base, pair.a);
  bev.enable(EV_READ);
  put(pair.b, 'x'.repeat(100_000));
  let before = 0;
  while (bev.getInput().getLength() < 100_000) {
    pass(base);
    const length = bev.getInput().getLength();
    assert.ok(length > before && length - before <= 16_384);
    assert.equal(log.at(-1), `read ${String(length)}`);
    before = length;
  }
  assert.ok(log.length <= 25);
  bev.free();
});

test('S08 the end of the file: one event, unread input stays, output still goes', () => {
  using pair = new Pair();
  using base = new EventBase();
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
  using base = new EventBase();
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

for (const [where, write] of [
  ['outside the loop', (bev: Bufferevent) => void bev.write('x')],
  ['from a callback', (bev: Bufferevent) => inLoop(bev.getBase(), () => void bev.write('x'))],
] as const) {
  test(`S10 writing to a closed peer ${where} is an event with EPIPE`, () => {
    using pair = new Pair();
    using base = new EventBase();
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
  using base = new EventBase();
  const server = socket(AF_INET, SOCK_STREAM, 0);
  assert.equal(bind(server, LOOPBACK), 0);
  assert.equal(listen(server, 1), 0);
  const client = connectTo(portOf(server));
  const fd = accept4(server, null, SOCK_NONBLOCK);
  const bev = Bufferevent.socketNew(base, fd, BEV_OPT_CLOSE_ON_FREE);
  const calls: number[] = [];
  bev.setCb(null, null, (_bev, what) => calls.push(what, errno()), null);
  bev.enable(EV_READ);
  const lingerOffNow = Buffer.from(new Int32Array([1, 0]).buffer);
  assert.equal(setsockopt(client, SOL_SOCKET, SO_LINGER, lingerOffNow), 0);
  close(client);
  pass(base);
  assert.deepEqual(calls, [BEV_EVENT_READING | BEV_EVENT_ERROR, ECONNRESET]);
  bev.free();
  close(server);
});

test('S11 disabled for reading, bytes stay in the kernel', () => {
  using pair = new Pair();
  using base = new EventBase();
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
  using base = new EventBase();
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
  using base = new EventBase();
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
  const base = new EventBase();
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
  using base = new EventBase();
  Bufferevent.socketNew(base, pair.a, 0).free();
  assert.equal(pass(base), 1);
  put(pair.b, 'x');
  assert.equal(get(pair.a), 'x');
});

test('W01 the write callback comes when no more than the low watermark is left', () => {
  using pair = new Pair();
  using base = new EventBase();
  using bev = Bufferevent.socketNew(base, pair.a, 0);
  const left: number[] = [];
  bev.setCb(null, (self) => left.push(self.getOutput().getLength()), null, null);
  bev.setWatermark(EV_WRITE, 100_000, 0);
  bev.write(Buffer.alloc(1_000_000));
  for (let received = 0; received < 1_000_000;) {
    pass(base);
    received += get(pair.b)?.length ?? 0;
  }
  assert.ok(left.length > 1);
  assert.ok(left.every((length) => length <= 100_000));
  assert.equal(left.at(-1), 0);
});

test('W02 the read callback comes when there is as much as the low watermark', () => {
  using pair = new Pair();
  using base = new EventBase();
  const [bev, log] = watched(base, pair.a);
  bev.setWatermark(EV_READ, 10, 0);
  bev.enable(EV_READ);
  put(pair.b, '123456789');
  pass(base);
  assert.deepEqual(log, []);
  put(pair.b, '0');
  pass(base);
  put(pair.b, '1');
  pass(base);
  assert.deepEqual(log, ['read 10', 'read 11']);
  assert.throws(() => bev.setWatermark(EV_READ, -1, 0), RangeError);
  bev.free();
});

test('W03 W04 the high watermark caps exactly; called once, then it waits for a drain', () => {
  using pair = new Pair();
  using base = new EventBase();
  const [bev, log] = watched(base, pair.a);
  bev.setWatermark(EV_READ, 0, 20);
  bev.enable(EV_READ);
  put(pair.b, 'x'.repeat(50));
  for (let i = 0; i < 5; i++) pass(base);
  assert.deepEqual(log, ['read 20']);
  bev.getInput().drain(15);
  for (let i = 0; i < 5; i++) pass(base);
  assert.deepEqual(log, ['read 20', 'read 20']);
  bev.setWatermark(EV_READ, 0, 0);
  for (let i = 0; i < 5; i++) pass(base);
  assert.deepEqual(log, ['read 20', 'read 20', 'read 35']);
  bev.free();
});

test('partial writes lose and reorder nothing, and the reader gets each byte once', () => {
  using pair = new Pair();
  using base = new EventBase();
  using bev = Bufferevent.socketNew(base, pair.a, 0);
  const bytes = Buffer.from(
    Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31 + (i >> 10)) & 0xff),
  );
  const received = new Evbuffer();
  const piece = 100_001;
  for (let at = 0; at < bytes.length; at += piece) {
    inLoop(base, () => void bev.write(bytes.subarray(at, at + piece)));
    received.read(pair.b, 5000);
  }
  assert.ok(bev.getOutput().getLength() > 0);
  while (received.getLength() < bytes.length) {
    while (received.read(pair.b) > 0);
    pass(base);
  }
  assert.equal(received.pullup(-1)?.equals(bytes), true);
  assert.equal(bev.getOutput().getLength(), 0);
});

test('a callback that throws reaches whoever runs the loop, and the bufferevent goes on', () => {
  using pair = new Pair();
  using base = new EventBase();
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
