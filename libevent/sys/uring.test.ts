import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { connectTo, get, LOOPBACK, Pair, portOf, put, TcpPair } from '../testing/sockets.ts';
import { whyNoUring } from '../testing/uring.ts';
import { AF_INET, SockaddrStorage, encodeAddress } from './address.ts';
import { BufferRing } from './buffer_ring.ts';
import { F_GETFD, close, fcntl } from './descriptor.ts';
import {
  EBADF,
  ECANCELED,
  ECONNREFUSED,
  EINVAL,
  ENOBUFS,
  ENOENT,
  ENOTSOCK,
  EPIPE,
  ETIME,
  errno,
} from './errno.ts';
import { IoVector } from './iovec.ts';
import { POLLIN } from './poll.ts';
import { addressOf } from './raw_io.ts';
import * as sys from './socket.ts';
import { CQE_BUFFER_SHIFT, CQE_F_BUFFER, CQE_F_MORE, MSG_WAITALL, Uring } from './uring.ts';

checkDescriptors();

/** A completion: the number of its operation, what came of it, its flags. */
type Completion = readonly [tag: number, result: number, flags: number];

/** A small ring, freed at the end of a `using` block. */
class Ring implements Disposable {
  readonly uring: Uring;

  constructor(operations = 8, completions = 64) {
    const uring = Uring.open(operations, completions);
    assert.ok(uring !== null);
    this.uring = uring;
  }

  /** Goes on with everything, and takes out what has ended, without waiting. */
  turn(): Completion[] {
    assert.ok(this.uring.enter(0, 0) >= 0);
    return this.take();
  }

  /** Waits until something has ended, and takes that out. */
  wait(): Completion[] {
    assert.ok(this.uring.enter(1, 10_000) >= 0, String(errno()));
    return this.take();
  }

  take(): Completion[] {
    const { uring } = this;
    const all: Completion[] = [];
    while (uring.take()) all.push([uring.tag, uring.result, uring.flags]);
    assert.equal(uring.ready, 0);
    return all;
  }

  [Symbol.dispose](): void {
    this.uring.free();
  }
}

/** Some buffers that a ring may take. */
class Buffers implements Disposable {
  readonly ring: BufferRing;
  readonly #memory: Buffer;
  readonly #size: number;

  constructor(uring: Uring, group: number, count: number, size: number) {
    this.#memory = Buffer.alloc(count * size);
    this.#size = size;
    const ring = BufferRing.register(uring, group, addressOf(this.#memory), count, size);
    assert.ok(ring !== null);
    this.ring = ring;
    for (let i = 0; i < count; i++) ring.give(i);
    ring.publish();
  }

  text([, result, flags]: Completion): string {
    assert.ok((flags & CQE_F_BUFFER) !== 0);
    const at = (flags >>> CQE_BUFFER_SHIFT) * this.#size;
    return this.#memory.toString('latin1', at, at + result);
  }

  [Symbol.dispose](): void {
    this.ring.free();
  }
}

const MORE = CQE_F_MORE;

void suite('io_uring', { skip: whyNoUring() }, () => {
  test('a multishot accept tells each connection, and each address in turn', () => {
    using ring = new Ring();
    const listener = sys.socket(AF_INET, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0);
    assert.equal(sys.bind(listener, LOOPBACK), 0);
    assert.equal(sys.listen(listener, 8), 0);
    const port = portOf(listener);
    const peer = new SockaddrStorage();
    const [address, length] = [
      addressOf(peer.bytes),
      addressOf(new Uint8Array(peer.length.buffer)),
    ];
    ring.uring.acceptMultishot(7, listener, sys.SOCK_NONBLOCK, address, length);
    assert.deepEqual(ring.turn(), []);
    for (let i = 0; i < 2; i++) {
      const client = connectTo(port);
      const [[tag, fd, flags] = [0, -1, 0], ...others] = ring.wait();
      assert.deepEqual([tag, flags, others], [7, MORE, []]);
      assert.deepEqual(peer.decode(), { ...LOOPBACK, port: portOf(client) });
      put(client, 'hello');
      assert.equal(get(fd), 'hello');
      close(client);
      close(fd);
    }
    ring.uring.cancel(7);
    assert.deepEqual(ring.wait(), [[7, -ECANCELED, 0]]);
    close(listener);
  });

  test('a multishot receive fills one buffer after the other, and ends with the peer', () => {
    using ring = new Ring();
    using buffers = new Buffers(ring.uring, 3, 4, 16);
    using pair = new TcpPair();
    ring.uring.recvMultishot(1, pair.server, 3);
    assert.deepEqual(ring.turn(), []);
    put(pair.client, 'one');
    const [first = [0, 0, 0] as const] = ring.wait();
    assert.equal(buffers.text(first), 'one');
    assert.notEqual(first[2] & MORE, 0);
    put(pair.client, 'x'.repeat(16) + 'y');
    const more = ring.wait();
    assert.deepEqual(
      more.map((each) => buffers.text(each)),
      ['x'.repeat(16), 'y'],
    );
    pair.close(pair.client);
    const [[tag, result, flags] = [0, -1, 0]] = ring.wait();
    assert.deepEqual([tag, result, flags & MORE], [1, 0, 0]);
  });

  test('nothing is received while nobody is in enter(), nor after a cancel', () => {
    using ring = new Ring();
    using _buffers = new Buffers(ring.uring, 0, 2, 16);
    using pair = new Pair();
    ring.uring.recvMultishot(1, pair.a, 0);
    ring.turn();
    put(pair.b, 'stays');
    ring.uring.cancel(1);
    assert.equal(ring.uring.pending, 1);
    assert.equal(ring.uring.hasWork, true);
    assert.deepEqual(ring.turn(), [[1, -ECANCELED, 0]]);
    assert.equal(get(pair.a), 'stays');
    ring.uring.cancel(1);
    assert.deepEqual(ring.turn(), [[0, -ENOENT, 0]]);
    assert.equal(ring.uring.hasWork, false);
  });

  test('without a free buffer a receive fails, and what came waits in the kernel', () => {
    using ring = new Ring();
    using buffers = new Buffers(ring.uring, 0, 1, 4);
    using pair = new Pair();
    put(pair.b, '12345678');
    ring.uring.recvMultishot(1, pair.a, 0);
    const [first = [0, 0, 0] as const, second] = ring.turn();
    assert.equal(buffers.text(first), '1234');
    assert.deepEqual(second, [1, -ENOBUFS, 0]);
    buffers.ring.give(0);
    buffers.ring.publish();
    ring.uring.recv(2, pair.a, 0);
    const [again = [0, 0, 0] as const] = ring.turn();
    assert.equal(buffers.text(again), '5678');
    assert.equal(again[2] & MORE, 0);
  });

  test('a buffer ring goes round many times', () => {
    using ring = new Ring();
    using buffers = new Buffers(ring.uring, 0, 2, 8);
    using pair = new Pair();
    ring.uring.recvMultishot(1, pair.a, 0);
    for (let i = 0; i < 70_000; i++) {
      put(pair.b, String(i));
      const [got = [0, 0, 0] as const] = ring.turn();
      assert.equal(buffers.text(got), String(i));
      buffers.ring.give(got[2] >>> CQE_BUFFER_SHIFT);
      buffers.ring.publish();
    }
  });

  test('send and sendmsg send, at once where there is room', () => {
    using ring = new Ring();
    using pair = new Pair();
    const bytes = Buffer.from('send');
    const vector = new IoVector();
    vector.push(Buffer.from('send'), 0, 4);
    vector.push(Buffer.from('msg'), 0, 3);
    ring.uring.send(1, pair.a, addressOf(bytes), bytes.length, sys.MSG_NOSIGNAL);
    ring.uring.sendmsg(2, pair.a, vector.messageAddress(), sys.MSG_NOSIGNAL);
    assert.equal(ring.uring.submit(), 2);
    assert.equal(get(pair.b), 'sendsendmsg');
    assert.deepEqual(ring.turn(), [
      [1, 4, 0],
      [2, 7, 0],
    ]);
    pair.close(pair.b);
    ring.uring.send(3, pair.a, addressOf(bytes), bytes.length, sys.MSG_NOSIGNAL);
    ring.uring.send(4, 0x7fff, addressOf(bytes), bytes.length, 0);
    assert.deepEqual(ring.turn(), [
      [3, -EPIPE, 0],
      [4, -EBADF, 0],
    ]);
  });

  test('a send that finds no room waits for some; with MSG_WAITALL it sends all', () => {
    using ring = new Ring();
    using pair = new Pair();
    const bytes = Buffer.alloc(1_000_000, 'x');
    ring.uring.send(1, pair.a, addressOf(bytes), bytes.length, sys.MSG_NOSIGNAL);
    const [[, part] = [0, 0, 0]] = ring.turn();
    assert.ok(part > 0 && part < bytes.length);
    ring.uring.send(2, pair.a, addressOf(bytes), bytes.length, sys.MSG_NOSIGNAL | MSG_WAITALL);
    assert.deepEqual(ring.turn(), []);
    let count = 0;
    let done: Completion[] = [];
    while (done.length === 0) {
      count += get(pair.b)?.length ?? 0;
      done = ring.turn();
    }
    assert.deepEqual(done, [[2, bytes.length, 0]]);
    for (let more = get(pair.b); more !== null; more = get(pair.b)) count += more.length;
    assert.equal(count, part + bytes.length);
  });

  test('connect, poll and close', () => {
    using ring = new Ring();
    const listener = sys.socket(AF_INET, sys.SOCK_STREAM, 0);
    sys.bind(listener, LOOPBACK);
    const address = encodeAddress({ ...LOOPBACK, port: portOf(listener) });
    const fd = sys.socket(AF_INET, sys.SOCK_STREAM, 0);
    ring.uring.connect(1, fd, addressOf(address), address.length);
    assert.deepEqual(ring.wait(), [[1, -ECONNREFUSED, 0]]);
    sys.listen(listener, 1);
    ring.uring.pollAdd(2, listener, POLLIN, true);
    ring.uring.connect(3, fd, addressOf(address), address.length);
    const done = [...ring.wait()];
    while (done.length < 2) done.push(...ring.wait());
    assert.deepEqual(done.sort(), [
      [2, POLLIN, MORE],
      [3, 0, 0],
    ]);
    ring.uring.cancel(2);
    ring.uring.close(4, fd);
    ring.uring.close(5, listener);
    const ended: Completion[] = [];
    while (ended.length < 3) ended.push(...ring.wait());
    assert.deepEqual(ended.sort(), [
      [2, -ECANCELED, 0],
      [4, 0, 0],
      [5, 0, 0],
    ]);
    assert.equal(fcntl(fd, F_GETFD), -1);
  });

  test('more operations than the queue holds are handed on in between', () => {
    using ring = new Ring(4, 64);
    using pair = new Pair();
    const bytes = Buffer.from('abcdefghij');
    for (let i = 0; i < bytes.length; i++) {
      ring.uring.send(i + 1, pair.a, addressOf(bytes) + i, 1, sys.MSG_NOSIGNAL);
    }
    assert.equal(ring.turn().length, bytes.length);
    assert.equal(get(pair.b), 'abcdefghij');
  });

  test('the time is up; what is no socket; a ring that is too large', () => {
    using ring = new Ring();
    assert.equal(ring.uring.enter(1, 1), -1);
    assert.equal(errno(), ETIME);
    ring.uring.recv(1, ring.uring.fd, 0);
    assert.deepEqual(ring.turn(), [[1, -ENOTSOCK, 0]]);
    assert.equal(Uring.open(2 ** 20, 2 ** 21), null);
    assert.equal(errno(), EINVAL);
  });
});
