import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { O_NONBLOCK, close, read } from './descriptor.ts';
import { EAGAIN, EINVAL, errno, setErrno } from './errno.ts';
import { pipe2 } from './pipe.ts';
import {
  SA_RESTART,
  SIGKILL,
  SIGUSR1,
  SIGUSR2,
  SIG_DFL,
  SIG_IGN,
  Sigaction,
  raise,
  sigaction,
} from './signal.ts';
import { SignalHandler } from './signal_handler.ts';
import { moveRoute, routeSignal, unrouteSignal } from './signal_routes.ts';

checkDescriptors();

class Pipe implements Disposable {
  readonly reading: number;
  readonly writing: number;

  constructor() {
    const pair = new Int32Array(2);
    assert.equal(pipe2(pair, O_NONBLOCK), 0);
    this.reading = pair[0] ?? -1;
    this.writing = pair[1] ?? -1;
  }

  /** The bytes that are there. */
  bytes(): number[] {
    const buffer = Buffer.alloc(4096);
    const count = read(this.reading, buffer);
    if (count < 0) assert.equal(errno(), EAGAIN);
    return [...buffer.subarray(0, Math.max(count, 0))];
  }

  [Symbol.dispose](): void {
    close(this.reading);
    close(this.writing);
  }
}

test('sigaction sets and returns what the process does about a signal', () => {
  const before = new Sigaction();
  assert.equal(sigaction(SIGUSR2, new Sigaction(SIG_IGN, SA_RESTART), before), 0);
  assert.equal(raise(SIGUSR2), 0);
  const now = new Sigaction();
  assert.equal(sigaction(SIGUSR2, before, now), 0);
  assert.equal(now.handler, SIG_IGN);
  assert.equal(now.flags & SA_RESTART, SA_RESTART);
  assert.equal(sigaction(SIGKILL, new Sigaction(SIG_DFL), null), -1);
  assert.equal(errno(), EINVAL);
  assert.equal(raise(1000), -1);
  assert.equal(errno(), EINVAL);
  assert.deepEqual([SIGUSR1, SIGUSR2], [constants.signals.SIGUSR1, constants.signals.SIGUSR2]);
});

test('the handler writes the number of the signal and changes nothing else, errno neither', () => {
  using pipe = new Pipe();
  const handler = SignalHandler.create();
  const action = new Sigaction(handler.address, SA_RESTART);
  action.maskAll();
  const before = new Sigaction();
  assert.equal(sigaction(SIGUSR1, action, before), 0);
  handler.setDescriptor(SIGUSR1, pipe.writing);
  raise(SIGUSR1);
  raise(SIGUSR1);
  assert.deepEqual(pipe.bytes(), [SIGUSR1, SIGUSR1]);
  handler.setDescriptor(SIGUSR1, -1);
  setErrno(7);
  raise(SIGUSR1);
  assert.equal(errno(), 7);
  assert.deepEqual(pipe.bytes(), []);
  assert.equal(sigaction(SIGUSR1, before, null), 0);
});

test('a signal goes to the descriptor that asked last, and back when that has enough', () => {
  using first = new Pipe();
  using second = new Pipe();
  using third = new Pipe();
  const before = new Sigaction();
  sigaction(SIGUSR1, null, before);
  assert.equal(routeSignal(SIGUSR1, first.writing), 0);
  assert.equal(routeSignal(SIGUSR1, second.writing), 1);
  raise(SIGUSR1);
  assert.deepEqual([first.bytes(), second.bytes()], [[], [SIGUSR1]]);
  moveRoute(SIGUSR1, second.writing, third.writing);
  raise(SIGUSR1);
  assert.deepEqual([second.bytes(), third.bytes()], [[], [SIGUSR1]]);
  assert.equal(unrouteSignal(SIGUSR1, third.writing), 0);
  raise(SIGUSR1);
  assert.deepEqual([first.bytes(), third.bytes()], [[SIGUSR1], []]);
  assert.equal(unrouteSignal(SIGUSR1, first.writing), 0);
  assert.equal(unrouteSignal(SIGUSR1, first.writing), 0);
  const after = new Sigaction();
  sigaction(SIGUSR1, null, after);
  assert.equal(after.handler, before.handler);
  assert.equal(routeSignal(SIGKILL, first.writing), -1);
  assert.equal(errno(), EINVAL);
});

test('a full pipe makes no signal wait', () => {
  using pipe = new Pipe();
  assert.equal(routeSignal(SIGUSR1, pipe.writing), 0);
  for (let i = 0; i < 70_000; i++) raise(SIGUSR1);
  assert.equal(unrouteSignal(SIGUSR1, pipe.writing), 0);
  let count = 0;
  for (let bytes = pipe.bytes(); bytes.length > 0; bytes = pipe.bytes()) count += bytes.length;
  assert.ok(count >= 4096 && count < 70_000, String(count));
});
