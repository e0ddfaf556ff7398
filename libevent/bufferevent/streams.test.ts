import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Evbuffer } from '../buffer/evbuffer.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { read, write } from '../sys/descriptor.ts';
import { ECONNRESET, EPIPE } from '../sys/errno.ts';
import { setsockopt, SHUT_WR, shutdown, SO_LINGER, SOL_SOCKET } from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { noteEvents } from '../testing/bufferevent.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { inLoop, passUntil, pass } from '../testing/loop.ts';
import { TcpPair, Pair } from '../testing/sockets.ts';
import { Bufferevent } from './bufferevent.ts';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_WRITING,
  BEV_OPT_CLOSE_ON_FREE,
} from './constants.ts';

/** Bytes that are never the same for long, so that any loss or change of order shows. */
function unlikeBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 10)) & 0xff));
}

/** Reads from a blocking descriptor until so many bytes have come. */
function readBytes(fd: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const count = read(fd, bytes, length - done, done);
    assert.ok(count > 0);
    done += count;
  }
  return bytes;
}

checkDescriptors();

onEachBackend((makeBase) => {
  test('partial writes lose and reorder nothing, and the reader gets each byte once', () => {
    using pair = new Pair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.a, 0);
    const bytes = unlikeBytes(3_000_000);
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

  test('a peer that never reads holds its own output only, and gets all of it in the end', () => {
    using stuck = new TcpPair();
    using lively = new TcpPair();
    using base = makeBase();
    using slow = Bufferevent.socketNew(base, stuck.server, 0);
    using quick = Bufferevent.socketNew(base, lively.server, 0);
    quick.setCb((bev) => bev.getOutput().addBuffer(bev.getInput()), null, null, null);
    quick.enable(EV_READ);
    const bytes = unlikeBytes(8_000_000);
    slow.write(bytes);
    let left = slow.getOutput().getLength();
    for (let i = 0; i < 1000; i++) pass(base);
    left = slow.getOutput().getLength();
    assert.ok(left > 0 && left < bytes.length);
    for (let i = 0; i < 20; i++) {
      const text = Buffer.from(`line ${String(i)}\n`);
      assert.equal(write(lively.client, text), text.length);
      passUntil(base, () => quick.getInput().getLength() === 0);
      pass(base);
      assert.deepEqual(readBytes(lively.client, text.length), text);
    }
    const received: Buffer[] = [];
    for (let total = 0; total < bytes.length;) {
      const bite = Math.min(100_000, bytes.length - total);
      // What is to come is in the sockets already, or goes into them now.
      for (let i = 0; i < 10; i++) pass(base);
      received.push(readBytes(stuck.client, bite));
      total += bite;
    }
    assert.equal(Buffer.concat(received).equals(bytes), true);
    assert.equal(slow.getOutput().getLength(), 0);
  });

  test('a reset while output waits is one event for each direction that is enabled', () => {
    using pair = new TcpPair();
    using base = makeBase();
    using bev = Bufferevent.socketNew(base, pair.server, 0);
    const calls = noteEvents(bev);
    bev.enable(EV_READ);
    bev.write(Buffer.alloc(8_000_000));
    for (let i = 0; i < 1000; i++) pass(base);
    const lingerOffNow = Buffer.from(new Int32Array([1, 0]).buffer);
    assert.equal(setsockopt(pair.client, SOL_SOCKET, SO_LINGER, lingerOffNow), 0);
    pair.close(pair.client);
    passUntil(base, () => bev.getEnabled() === 0);
    for (let i = 0; i < 10; i++) pass(base);
    // Whichever direction is first finds the reset; the other finds a broken pipe, or the end.
    assert.equal(calls.length, 4);
    const events = [calls[0] ?? 0, calls[2] ?? 0];
    const isReading = (what: number): boolean => (what & BEV_EVENT_READING) !== 0;
    assert.equal(events.filter(isReading).length, 1);
    const writing = events.find((what) => !isReading(what));
    assert.equal(writing, BEV_EVENT_WRITING | BEV_EVENT_ERROR);
    assert.ok(calls[1] === ECONNRESET || calls[1] === EPIPE);
  });

  test('a half-closed peer gets all that is owed, then the end', () => {
    using pair = new TcpPair();
    using base = makeBase();
    const bev = Bufferevent.socketNew(base, pair.server, 0);
    const bytes = unlikeBytes(1_000_000);
    let isDone = false;
    bev.setCb(
      (self) => self.getInput().drain(self.getInput().getLength()),
      (self) => {
        if (self.getEnabled() !== EV_WRITE) return;
        shutdown(self.getFd(), SHUT_WR);
        isDone = true;
      },
      (self, what) => {
        assert.equal(what, BEV_EVENT_READING | BEV_EVENT_EOF);
        self.write(bytes);
      },
      null,
    );
    bev.enable(EV_READ);
    write(pair.client, Buffer.from('all I have to say'));
    shutdown(pair.client, SHUT_WR);
    const received: Buffer[] = [];
    for (let total = 0; total < bytes.length;) {
      for (let i = 0; i < 10; i++) pass(base);
      const bite = Math.min(50_000, bytes.length - total);
      received.push(readBytes(pair.client, bite));
      total += bite;
    }
    passUntil(base, () => isDone);
    assert.equal(Buffer.concat(received).equals(bytes), true);
    assert.equal(read(pair.client, Buffer.alloc(1)), 0);
    bev.free();
  });

  test('connections that come and go leave no descriptor and no event', () => {
    using base = makeBase();
    for (let i = 0; i < 50; i++) {
      using pair = new Pair();
      const bev = Bufferevent.socketNew(base, pair.release(pair.a), BEV_OPT_CLOSE_ON_FREE);
      bev.setCb(
        (self) => self.getOutput().addBuffer(self.getInput()),
        null,
        (self) => self.free(),
        null,
      );
      bev.enable(EV_READ);
      const text = Buffer.from(`number ${String(i)}`);
      write(pair.b, text);
      pass(base);
      assert.deepEqual(readBytes(pair.b, text.length), text);
      pair.close(pair.b);
      passUntil(base, () => bev.state.freed);
      pass(base);
      assert.equal(pass(base), 1);
    }
  });
});
