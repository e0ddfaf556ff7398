import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_TIMEOUT } from '../core/flags.ts';
import { eventSetLogCallback } from '../core/log.ts';
import { EVLOOP_ONCE } from '../core/loop.ts';
import { Event } from '../event/event.ts';
import { AF_INET } from '../sys/address.ts';
import { close, F_GETFD, fcntl } from '../sys/descriptor.ts';
import { EINVAL, EMFILE, errno } from '../sys/errno.ts';
import * as sys from '../sys/socket.ts';
import { onEachBackend } from '../testing/backends.ts';
import { checkDescriptors, withDescriptors } from '../testing/descriptors.ts';
import { Stage } from '../testing/evconnlistener.ts';
import { pass } from '../testing/loop.ts';
import { LOOPBACK, Pair, put } from '../testing/sockets.ts';
import { Evconnlistener } from './evconnlistener.ts';
import * as lev from './listening_socket.ts';

checkDescriptors();

/** Collects what the library logs, until the end of a `using` block. */
class Log implements Disposable {
  readonly messages: string[] = [];

  constructor() {
    eventSetLogCallback((_severity, message) => this.messages.push(message));
  }

  [Symbol.dispose](): void {
    eventSetLogCallback(null);
  }
}

/** Counts the error callbacks of a listener, and what errno was in each. */
function collectErrors(stage: Stage): number[] {
  const errors: number[] = [];
  stage.listener.setErrorCb((_listener, arg) => {
    assert.equal(arg, 'arg');
    errors.push(errno());
  });
  return errors;
}

/** Runs a loop until as many were accepted. */
function acceptUntil(stage: Stage, count: number): void {
  while (stage.accepted.length < count) assert.equal(stage.base.loop(EVLOOP_ONCE), 0);
}

onEachBackend((makeBase) => {
  test('L05 L39 L45 on a socket that does not listen each pass is one error callback', () => {
    using base = makeBase();
    const fd = sys.socket(AF_INET, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0);
    sys.bind(fd, LOOPBACK);
    const errors: [unknown, string, number][] = [];
    const never = (): void => assert.fail('accepted');
    using listener = Evconnlistener.newListener(base, never, 'arg', 0, 0, fd);
    listener.setErrorCb((self, arg) => {
      errors.push([self, arg, errno()]);
      if (errors.length === 2) self.disable();
    });
    pass(base);
    assert.deepEqual(errors, [[listener, 'arg', EINVAL]]);
    pass(base);
    assert.equal(pass(base), 1);
    assert.equal(errors.length, 2);
    close(fd);
  });

  test('L44 free() in the error callback', () => {
    using base = makeBase();
    const fd = sys.socket(AF_INET, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0);
    sys.bind(fd, LOOPBACK);
    const listener = Evconnlistener.newListener(base, null, null, lev.LEV_OPT_CLOSE_ON_FREE, 0, fd);
    let errors = 0;
    listener.setCb(() => assert.fail('accepted'), null);
    listener.setErrorCb((self) => {
      errors++;
      self.free();
    });
    pass(base);
    assert.equal(pass(base), 1);
    assert.equal(errors, 1);
    assert.equal(fcntl(fd, F_GETFD), -1);
  });

  test('L39 on a socket that is no listening one an error callback that disables is called once', () => {
    using base = makeBase();
    using pair = new Pair();
    put(pair.b, 'data');
    const errors: [unknown, string, number][] = [];
    const never = (): void => assert.fail('accepted');
    using listener = Evconnlistener.newListener(base, never, 'arg', 0, 0, pair.a);
    listener.setErrorCb((self, arg) => {
      errors.push([self, arg, errno()]);
      self.disable();
    });
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(errors, [[listener, 'arg', EINVAL]]);
  });

  test('L41 out of descriptors, with pausing turned off: an error callback each pass', () => {
    using stage = new Stage(makeBase());
    stage.listener.setPauseOnShortage(false);
    const errors = collectErrors(stage);
    stage.connect(3);
    withDescriptors(1, () => {
      pass(stage.base);
      assert.equal(stage.accepted.length, 1);
      assert.deepEqual(errors, [EMFILE]);
      for (let i = 0; i < 4; i++) pass(stage.base);
      assert.equal(errors.length, 5);
      stage.listener.setErrorCb((listener) => {
        errors.push(errno());
        listener.disable();
      });
      for (let i = 0; i < 3; i++) pass(stage.base);
      assert.equal(errors.length, 6);
    });
    stage.listener.enable();
    pass(stage.base);
    assert.equal(stage.accepted.length, 3);
    assert.equal(errors.length, 6);
  });

  test('L41 out of descriptors: one error callback, then a pause until the limit is lifted', () => {
    using stage = new Stage(makeBase());
    const errors = collectErrors(stage);
    stage.connect(3);
    withDescriptors(1, () => {
      for (let i = 0; i < 5; i++) pass(stage.base);
      assert.equal(stage.accepted.length, 1);
      // A loop that does not wait makes thousands of passes in this time.
      using timer = new Event(stage.base, -1, 0, () => undefined, null);
      timer.add(0.1);
      let passes = 0;
      for (; timer.pending(EV_TIMEOUT) !== 0; passes++) stage.base.loop(EVLOOP_ONCE);
      assert.ok(passes < 50, `${passes} passes`);
      assert.deepEqual(errors, [EMFILE]);
    });
    acceptUntil(stage, 3);
    assert.deepEqual(errors, [EMFILE]);
    stage.connect(1);
    pass(stage.base);
    assert.equal(stage.accepted.length, 4, 'L46');
  });

  test('L41 a descriptor that is closed is enough; the next shortage is reported again', () => {
    using stage = new Stage(makeBase());
    const errors = collectErrors(stage);
    stage.connect(3);
    withDescriptors(1, () => {
      pass(stage.base);
      close(stage.accepted[0] ?? -1);
      acceptUntil(stage, 2);
      // Its number is the one that was closed, which is not to be closed twice.
      assert.equal(stage.accepted[1], stage.accepted.shift());
      assert.deepEqual(errors, [EMFILE, EMFILE]);
    });
  });

  test('L41 disable() and enable() in a pause end it', () => {
    using stage = new Stage(makeBase());
    const errors = collectErrors(stage);
    stage.connect(2);
    withDescriptors(1, () => {
      pass(stage.base);
      assert.equal(stage.listener.disable(), 0);
      assert.equal(stage.base.dispatch(), 1);
      assert.equal(stage.listener.enable(), 0);
      pass(stage.base);
      assert.deepEqual(errors, [EMFILE, EMFILE]);
      stage.listener.setPauseOnShortage(false);
      pass(stage.base);
      pass(stage.base);
      assert.equal(errors.length, 4);
    });
    pass(stage.base);
    assert.equal(stage.accepted.length, 2);
  });

  test('L42 without an error callback a shortage is one warning, however often it comes', () => {
    using log = new Log();
    using stage = new Stage(makeBase());
    stage.connect(3);
    withDescriptors(1, () => {
      for (let i = 0; i < 5; i++) pass(stage.base);
      close(stage.accepted[0] ?? -1);
      acceptUntil(stage, 2);
      stage.accepted.shift();
      assert.deepEqual(log.messages, ['Error from accept() call: Too many open files']);
    });
  });

  test('L42 with pausing turned off it is one warning each pass', () => {
    using log = new Log();
    using stage = new Stage(makeBase());
    stage.listener.setPauseOnShortage(false);
    stage.connect(1);
    withDescriptors(0, () => {
      for (let i = 0; i < 3; i++) pass(stage.base);
      const message = 'Error from accept() call: Too many open files';
      assert.deepEqual(log.messages, [message, message, message]);
    });
  });

  test('L42 any other error without an error callback is one warning each pass', () => {
    using log = new Log();
    using base = makeBase();
    using pair = new Pair();
    put(pair.b, 'data');
    const never = (): void => assert.fail('accepted');
    using listener = Evconnlistener.newListener(base, never, null, 0, 0, pair.a);
    for (let i = 0; i < 2; i++) pass(listener.getBase());
    const message = 'Error from accept() call: Invalid argument';
    assert.deepEqual(log.messages, [message, message]);
  });

  test('L43 out of descriptors with THREADSAFE and no error callback: the loop returns', () => {
    using log = new Log();
    using stage = new Stage(makeBase(), lev.LEV_OPT_THREADSAFE);
    stage.connect(1);
    withDescriptors(0, () => {
      stage.base.loopExit(0.03);
      assert.equal(stage.base.dispatch(), 0);
      stage.listener.free();
      assert.equal(log.messages.length, 1);
    });
  });

  test('L44 free() in the error callback of a shortage, and in a pause', () => {
    for (const isInCallback of [true, false]) {
      using stage = new Stage(makeBase());
      let errors = 0;
      stage.listener.setErrorCb((listener) => {
        errors++;
        if (isInCallback) listener.free();
      });
      stage.connect(1);
      withDescriptors(0, () => {
        pass(stage.base);
        if (!isInCallback) stage.listener.free();
        assert.equal(stage.base.dispatch(), 1);
        assert.equal(errors, 1);
      });
    }
  });

  test('L45 disable() in the error callback of a shortage: no pause is left', () => {
    using stage = new Stage(makeBase());
    let errors = 0;
    stage.listener.setErrorCb((listener) => {
      errors++;
      listener.disable();
    });
    stage.connect(1);
    withDescriptors(0, () => {
      assert.equal(stage.base.dispatch(), 1);
    });
    assert.equal(errors, 1);
    assert.equal(stage.accepted.length, 0);
    stage.listener.enable();
    pass(stage.base);
    assert.equal(stage.accepted.length, 1);
  });
});
