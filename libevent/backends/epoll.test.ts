import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemError } from '../core/errors.ts';
import { EV_PERSIST, EV_READ } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { close, fcntl } from '../sys/descriptor.ts';
import { EpollEvents, epoll_wait } from '../sys/epoll.ts';
import { RLIMIT_NOFILE, Rlimit, getrlimit, setrlimit } from '../sys/resource.ts';
import { makeBaseOn } from '../testing/backends.ts';
import { checkDescriptors, withDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { Pair, put } from '../testing/sockets.ts';

checkDescriptors();

const F_DUPFD = 0;

/** A base whose epoll reports a file that has no event any more, and one that has. */
class Haunted implements Disposable {
  /** The base's epoll(7), the lowest number that was free. */
  readonly epfd: number;
  readonly base;
  readonly calls: string[] = [];
  readonly #old = new Pair();
  readonly #copy: number;
  readonly #pair: Pair;

  constructor() {
    this.epfd = fcntl(0, F_DUPFD, 0);
    close(this.epfd);
    this.base = makeBaseOn('epoll');
    const event = this.#on('stale', this.#old.a);
    this.#copy = fcntl(this.#old.a, F_DUPFD, 0);
    this.#old.close(this.#old.a);
    event.free();
    this.#pair = new Pair();
    this.#on('live', this.#pair.a);
    put(this.#old.b, 'x');
    put(this.#pair.b, 'x');
  }

  /** How many files epoll reports. */
  reported(): number {
    return epoll_wait(this.epfd, new EpollEvents(8), 0);
  }

  [Symbol.dispose](): void {
    this.base.free();
    close(this.#copy);
    this.#old[Symbol.dispose]();
    this.#pair[Symbol.dispose]();
  }

  #on(name: string, fd: number): Event<null> {
    const event = new Event(this.base, fd, EV_READ | EV_PERSIST, () => this.calls.push(name), null);
    event.add();
    return event;
  }
}

test('E39 what a duplicate keeps open is left behind also when all descriptors are taken', () => {
  using haunted = new Haunted();
  assert.equal(haunted.reported(), 2);
  withDescriptors(0, () => pass(haunted.base));
  assert.equal(haunted.reported(), 1);
  pass(haunted.base);
  assert.deepEqual(haunted.calls, ['live', 'live']);
});

test('E39 if there is no descriptor to start over with, the loop says so and does not spin', () => {
  using haunted = new Haunted();
  const before = new Rlimit();
  assert.equal(getrlimit(RLIMIT_NOFILE, before), 0);
  // As if another thread had taken the one that was given back.
  assert.equal(setrlimit(RLIMIT_NOFILE, new Rlimit(0, before.maximum)), 0);
  for (let i = 0; i < 2; i++) {
    assert.throws(
      () => pass(haunted.base),
      (error) =>
        error instanceof SystemError &&
        error.code === 'EMFILE' &&
        error.syscall === 'epoll_create1',
    );
  }
  assert.equal(setrlimit(RLIMIT_NOFILE, before), 0);
  pass(haunted.base);
  assert.ok(haunted.calls.includes('live'));
  assert.equal(haunted.reported(), 1);
});
