import assert from 'node:assert/strict';
import { test } from 'node:test';
import { close, F_GETFD, fcntl } from '../sys/descriptor.ts';
import { ECONNRESET, errno } from '../sys/errno.ts';
import * as sys from '../sys/socket.ts';
import { COMPLETION, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { Stage, queueOf } from '../testing/evconnlistener.ts';
import { pass } from '../testing/loop.ts';
import { connectTo, get, LOOPBACK, portOf, put } from '../testing/sockets.ts';

checkDescriptors();

onEachBackend((makeBase, method) => {
  /** How many connections wait in the kernel of so many. An operation takes them out all at once. */
  const inKernel = (count: number): number => (method === COMPLETION ? 0 : count);

  test('L26 L27 ten queued connections are delivered in one pass, in order, with their addresses', () => {
    const calls: unknown[][] = [];
    using stage = new Stage(makeBase(), 0, (...call) => calls.push(call));
    stage.connect(10);
    pass(stage.base);
    const expected = stage.clients.map((client, i) => [
      stage.listener,
      stage.accepted[i],
      { ...LOOPBACK, port: portOf(client) },
      'arg',
    ]);
    assert.deepEqual(calls, expected);
  });

  test('L28 disable() in the callback stops the accept loop', () => {
    using stage = new Stage(makeBase(), 0, (listener) => listener.disable());
    stage.connect(5);
    assert.equal(stage.base.dispatch(), 1);
    assert.equal(stage.accepted.length, 1);
    assert.equal(queueOf(stage.listener.getFd()), inKernel(4));
    stage.listener.enable();
    pass(stage.base);
    assert.equal(stage.accepted.length, 2);
  });

  test('L29 free() in the callback: one call, the listening socket closed at once', () => {
    let fd = -1;
    using stage = new Stage(makeBase(), 0, (listener) => {
      fd = listener.getFd();
      listener.free();
      assert.equal(fcntl(fd, F_GETFD), -1);
    });
    stage.connect(5);
    assert.equal(stage.base.dispatch(), 1);
    assert.equal(stage.accepted.length, 1);
    assert.ok(fcntl(stage.accepted[0] ?? -1, F_GETFD) >= 0);
    put(stage.accepted[0] ?? -1, 'alive');
    assert.equal(get(stage.clients[0] ?? -1), 'alive');
    assert.equal(get(stage.clients[4] ?? -1), null);
    assert.equal(errno(), ECONNRESET);
  });

  test('L30 loopBreak() in the callback does not stop the accept loop', () => {
    using stage = new Stage(makeBase(), 0, (listener) => listener.getBase().loopBreak());
    stage.connect(5);
    assert.equal(stage.base.dispatch(), 0);
    assert.equal(stage.accepted.length, 5);
    assert.equal(stage.base.gotBreak(), true);
  });

  test('L31 setCb() in the callback counts from the next connection of the same pass', () => {
    const args: string[] = [];
    using stage = new Stage(makeBase(), 0, (listener, _fd, _address, arg) => {
      args.push(arg);
      listener.setCb((_lev, fd, _peer, other) => {
        stage.accepted.push(fd);
        args.push(other);
      }, 'other');
    });
    stage.connect(3);
    pass(stage.base);
    assert.deepEqual(args, ['arg', 'other', 'other']);
  });

  test('L32 setCb(null) closes one connection each pass and calls nothing', () => {
    using stage = new Stage(makeBase(), 0, (listener) => listener.setCb(null, ''));
    stage.connect(5);
    pass(stage.base);
    assert.equal(stage.accepted.length, 1);
    assert.equal(get(stage.clients[1] ?? -1), '');
    assert.equal(queueOf(stage.listener.getFd()), inKernel(3));
    stage.listener.setCb((_lev, fd) => stage.accepted.push(fd), '');
    pass(stage.base);
    assert.equal(stage.accepted.length, 4);
  });

  test('L36 a client that reset before accept is delivered, without an error', () => {
    using stage = new Stage(makeBase());
    stage.listener.setErrorCb(() => assert.fail('error callback'));
    stage.connect(1);
    const client = stage.clients.pop() ?? -1;
    sys.setsockopt(
      client,
      sys.SOL_SOCKET,
      sys.SO_LINGER,
      Buffer.from(new Int32Array([1, 0]).buffer),
    );
    close(client);
    pass(stage.base);
    assert.equal(stage.accepted.length, 1);
    assert.equal(get(stage.accepted[0] ?? -1), null);
    assert.equal(errno(), ECONNRESET);
    const other = connectTo(stage.port);
    put(other, 'by');
    close(other);
    pass(stage.base);
    assert.equal(get(stage.accepted[1] ?? -1), 'by');
    assert.equal(get(stage.accepted[1] ?? -1), '');
  });
});
