import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { openSync, readdirSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite, test } from 'node:test';
import {
  EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST,
  EVENT_BASE_FLAG_IGNORE_ENV,
  EventConfig,
} from '../core/config.ts';
import { SystemError } from '../core/errors.ts';
import { EV_CLOSED, EV_PERSIST, EV_READ, EV_TIMEOUT, EV_WRITE } from '../core/flags.ts';
import { close, fcntl, write } from '../sys/descriptor.ts';
import { EBADF, EPERM, errno } from '../sys/errno.ts';
import { RLIMIT_NOFILE, Rlimit, getrlimit } from '../sys/resource.ts';
import { FD_SETSIZE } from '../sys/select.ts';
import { COMPLETION, choosing, loggedBy, makeBaseOn, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { PATIENCE } from '../testing/patience.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Event } from './event.ts';
import { EventBase } from './event_base.ts';

checkDescriptors();

const F_DUPFD = 0;

/** Makes a second descriptor for a file, of at least that number. */
function dupTo(fd: number, least: number): number {
  const copy = fcntl(fd, F_DUPFD, least);
  assert.ok(copy >= least);
  return copy;
}

/** The descriptors of epoll instances. */
function epollDescriptors(): number[] {
  const links = '/proc/self/fd';
  const isEpoll = (fd: string): boolean => {
    try {
      return readlinkSync(`${links}/${fd}`) === 'anon_inode:[eventpoll]';
    } catch {
      // The one that the folder was read through.
      return false;
    }
  };
  return readdirSync(links).filter(isEpoll).map(Number);
}

/** The calls that backends wait in. */
const WAITS = 'epoll_wait,poll,select,io_uring_enter';

/** A program that closes a descriptor before its event is deleted, while a child has the file. */
function closingProgram(method: string): string {
  const urlOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    import * as sys from ${urlOf('../sys/index.ts')};
    import { Event, EventBase, EventConfig, EV_PERSIST, EV_READ } from ${urlOf('../index.ts')};
    const config = new EventConfig();
    ${choosing(method)}
    const base = new EventBase(config);
    const [a, b] = [new Int32Array(2), new Int32Array(2)];
    sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM, 0, a);
    sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM, 0, b);
    const event = new Event(base, a[0], EV_READ | EV_PERSIST, () => console.log('ran'), null);
    event.add();
    const child = sys.fork();
    if (child === 0) {
      sys.read(b[0], Buffer.alloc(1));
      sys._exit(0);
    }
    sys.close(a[0]);
    event.del();
    sys.write(a[1], Buffer.from('x'));
    base.loopExit(0.2);
    base.dispatch();
    console.log('slept');
    sys.write(b[1], Buffer.from('x'));
    sys.waitpid(child, null);
    base.free();
  `;
}

onEachBackend((makeBase, method) => {
  test('E35 pending says what an event waits for and nothing else', () => {
    using pair = new Pair();
    using base = makeBase();
    using event = new Event(base, pair.a, EV_READ, () => undefined, null);
    const all = EV_READ | EV_WRITE | EV_TIMEOUT;
    assert.equal(event.pending(all), 0);
    assert.equal(event.remaining(), null);
    event.add();
    assert.equal(event.pending(all), EV_READ);
    assert.equal(event.pending(EV_WRITE), 0);
    event.add(10);
    assert.equal(event.pending(all), EV_READ | EV_TIMEOUT);
    const left = event.remaining() ?? 0;
    assert.ok(left > 9 && left <= 10, String(left));
    event.del();
    assert.equal(event.pending(all), 0);
  });

  test('E36 deleting what was never added and adding twice are fine', () => {
    using pair = new Pair();
    using base = makeBase();
    using event = new Event(base, pair.a, EV_READ, () => undefined, null);
    assert.equal(event.del(), 0);
    assert.equal(event.add(), 0);
    assert.equal(event.add(), 0);
    assert.throws(() => new Event(base, -1, EV_READ, () => undefined, null), RangeError);
    assert.throws(() => new Event(base, 0.5, 0, () => undefined, null), RangeError);
  });

  test('E36 a number that no descriptor has is refused, and takes no memory', () => {
    using base = makeBase();
    using bad = new Event(base, 0x7fffffff, EV_READ, () => undefined, null);
    const logged = loggedBy(() => {
      assert.equal(bad.add(), -1);
      assert.equal(errno(), EBADF);
    });
    assert.equal(logged.length, 1);
    assert.equal(bad.pending(EV_READ), 0);
    assert.equal(base.dispatch(), 1);
  });

  test('E39 a descriptor and its duplicate, closed and opened again', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: string[] = [];
    const on = (name: string, fd: number, what: number) =>
      new Event(base, fd, what, () => calls.push(name), null);
    const copy = dupTo(pair.a, 0);
    using first = on('first', pair.a, EV_READ | EV_PERSIST);
    const second = on('second', copy, EV_READ | EV_PERSIST);
    assert.equal(first.add(), 0);
    assert.equal(second.add(), 0);
    put(pair.b, 'x');
    pass(base);
    assert.deepEqual(calls.splice(0).sort(), ['first', 'second']);
    get(pair.a);
    assert.equal(second.del(), 0);
    close(copy);
    assert.equal(dupTo(pair.a, copy), copy);
    const writer = on('writer', copy, EV_WRITE);
    assert.equal(writer.add(), 0);
    pass(base);
    assert.deepEqual(calls, ['writer']);
    close(copy);
  });

  test('E39 a number that means another file before its old event is deleted', () => {
    using base = makeBase();
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

  test('E39 a file that a duplicate keeps open is not taken for the one that has its number', () => {
    using base = makeBase();
    using pair = new Pair();
    const calls: string[] = [];
    const on = (name: string, fd: number) =>
      new Event(base, fd, EV_READ | EV_PERSIST, () => calls.push(name), null);
    using first = on('first', pair.a);
    first.add();
    const copy = dupTo(pair.a, 0);
    const number = pair.a;
    pair.close(number);
    first.del();
    using again = new Pair();
    assert.equal(again.a, number);
    using second = on('second', number);
    using bystander = on('bystander', again.b);
    second.add();
    bystander.add();
    put(pair.b, 'for the old file');
    pass(base);
    assert.deepEqual(calls, []);
    put(again.b, 'for the new one');
    put(again.a, 'for its peer');
    pass(base);
    assert.deepEqual(calls.sort(), ['bystander', 'second']);
    close(copy);
  });

  test('E39 a file that a child keeps open does not keep the loop awake', () => {
    const { status, stdout, stderr, output } = spawnSync(
      process.execPath,
      ['--single-threaded', '--input-type=module', '--eval', closingProgram(method)],
      {
        encoding: 'utf8',
        env: { ...process.env, READABLE_TRACE_FD: '3', READABLE_TRACE_CALLS: WAITS },
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
        timeout: PATIENCE,
        killSignal: 'SIGKILL',
      },
    );
    assert.deepEqual([status, stdout, stderr], [0, 'slept\n', '']);
    // Waiting begins with a record each time. One wait is cut short by the file; the others by the
    // clock, which may be a little early.
    const waits = output[3]?.match(/"type":"enter"/g)?.length ?? 0;
    assert.ok(waits >= 1 && waits <= 10, `waited ${String(waits)} times`);
  });

  test('E43 activeByFd runs the events of that descriptor for that condition', () => {
    using pair = new Pair();
    using base = makeBase();
    const calls: [string, number][] = [];
    const on = (name: string, fd: number, what: number) =>
      new Event(base, fd, what | EV_PERSIST, (_fd, result) => calls.push([name, result]), null);
    while (write(pair.a, Buffer.alloc(65536)) > 0);
    on('read', pair.a, EV_READ).add();
    on('write', pair.a, EV_WRITE).add();
    on('timed', pair.a, EV_READ).add(100);
    on('other', pair.b, EV_WRITE | EV_CLOSED);
    const ranFor = (fd: number, what: number) => {
      base.activeByFd(fd, what);
      pass(base);
      return calls.splice(0).sort();
    };
    assert.deepEqual(ranFor(pair.a, EV_WRITE), [['write', EV_WRITE]]);
    assert.deepEqual(ranFor(pair.a, EV_READ), [
      ['read', EV_READ],
      ['timed', EV_READ],
    ]);
    assert.deepEqual(ranFor(pair.a, EV_TIMEOUT), [['timed', EV_TIMEOUT]]);
    assert.deepEqual(ranFor(pair.b, EV_READ), []);
    assert.deepEqual(ranFor(99_999, EV_READ | EV_WRITE | EV_TIMEOUT), []);
    assert.deepEqual(ranFor(-1, EV_READ), []);
  });

  const isEpoll = method === 'epoll' || method === COMPLETION;
  const isFile = isEpoll ? 'cannot be watched' : 'is always ready';
  test(`E38 a regular file ${isFile}`, () => {
    using base = makeBase();
    const file = openSync(fileURLToPath(import.meta.url), 'r');
    const calls: number[] = [];
    using event = new Event(base, file, EV_READ, (_fd, what) => calls.push(what), null);
    let added = 0;
    let error = 0;
    const logged = loggedBy(() => {
      added = event.add();
      error = errno();
    });
    if (isEpoll) {
      assert.deepEqual([added, error], [-1, EPERM]);
      assert.equal(logged.length, 1);
      assert.match(String(logged[0]), /^2 .*Operation not permitted/);
      assert.equal(event.pending(EV_READ), 0);
    } else {
      assert.deepEqual([added, logged], [0, []]);
      pass(base);
      assert.deepEqual(calls, [EV_READ]);
    }
    close(file);
  });

  const needed = FD_SETSIZE + 10;
  const limit = new Rlimit();
  getrlimit(RLIMIT_NOFILE, limit);
  const isShort = limit.current <= needed && 'the limit of open files is too low';
  const taken = method === 'select' ? 'is refused' : 'works';
  test(`E44 a descriptor above FD_SETSIZE ${taken}`, { skip: isShort }, () => {
    using pair = new Pair();
    using base = makeBase();
    const high = dupTo(pair.a, FD_SETSIZE);
    const calls: number[] = [];
    using event = new Event(base, high, EV_READ | EV_WRITE, (fd) => calls.push(fd), null);
    if (method === 'select') {
      assert.throws(
        () => event.add(),
        /select\(2\) has no bit for descriptor \d+.*FD_SETSIZE, 1024/,
      );
      assert.equal(event.pending(EV_READ | EV_WRITE), 0);
      assert.equal(event.del(), 0);
      assert.equal(pass(base), 1);
    } else {
      assert.equal(event.add(), 0);
      pass(base);
      assert.deepEqual(calls, [high]);
    }
    close(high);
  });
});

suite('on epoll', () => {
  test('E36 a descriptor that is not open cannot be added', () => {
    using base = makeBaseOn('epoll');
    using bad = new Event(base, 60_000, EV_READ, () => undefined, null);
    const logged = loggedBy(() => {
      assert.equal(bad.add(), -1);
      assert.equal(errno(), EBADF);
    });
    assert.equal(logged.length, 1);
    assert.equal(bad.pending(EV_READ), 0);
  });
});

for (const what of [EV_READ, EV_WRITE, EV_CLOSED]) {
  test(`E40 poll(2) reports a closed descriptor as ready, event for ${String(what)}`, () => {
    using base = makeBaseOn('poll');
    using pair = new Pair();
    const calls: number[] = [];
    using event = new Event(base, pair.a, what, (_fd, result) => calls.push(result), null);
    event.add();
    pair.close(pair.a);
    pass(base);
    assert.deepEqual(calls, [what]);
  });
}

for (const flags of [0, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST]) {
  const list = flags === 0 ? '' : ', with a changelist';
  test(`E40 when epoll_wait(2) fails the loop says so by that name${list}`, () => {
    const before = epollDescriptors();
    using config = new EventConfig();
    config.setFlag(EVENT_BASE_FLAG_IGNORE_ENV | flags);
    using base = new EventBase(config);
    using event = new Event(base, -1, 0, () => undefined, null);
    event.add(60);
    const [epfd = -1] = epollDescriptors().filter((fd) => !before.includes(fd));
    assert.equal(close(epfd), 0);
    assert.throws(
      () => base.dispatch(),
      (error) =>
        error instanceof SystemError && error.code === 'EBADF' && error.syscall === 'epoll_wait',
    );
  });
}

test('E40 select(2) fails on a closed descriptor, and the loop says why', () => {
  using base = makeBaseOn('select');
  using pair = new Pair();
  using event = new Event(base, pair.a, EV_READ, () => undefined, null);
  event.add();
  pair.close(pair.a);
  assert.throws(
    () => base.dispatch(),
    (error) => error instanceof SystemError && error.code === 'EBADF' && error.syscall === 'select',
  );
  event.del();
  assert.equal(base.dispatch(), 1);
});
