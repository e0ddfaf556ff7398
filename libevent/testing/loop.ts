import assert from 'node:assert/strict';
import { EVLOOP_NONBLOCK, EVLOOP_ONCE } from '../core/loop.ts';
import { Event } from '../event/event.ts';
import type { EventBase } from '../event/event_base.ts';

/** A pass more than which a test that waits for something has gone wrong. */
const MANY_PASSES = 10_000;

/** Runs what is ready now, once. */
export function pass(base: EventBase): number {
  return base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

/** Runs something in a callback of the loop. */
export function inLoop(base: EventBase, action: () => void): void {
  new Event(base, -1, 0, action, null).active(0);
  pass(base);
}

/** Runs passes until something is so. */
export function passUntil(base: EventBase, isSo: () => boolean): void {
  for (let i = 0; !isSo(); i++) {
    assert.ok(i < MANY_PASSES, 'it does not come to that');
    pass(base);
  }
}

/** Runs the loop until something is so, waiting for what it waits for. */
export function waitUntil(base: EventBase, isSo: () => boolean, seconds = 10): void {
  let isLate = false;
  const alarm = new Event(base, -1, 0, () => (isLate = true), null);
  alarm.add(seconds);
  while (!isSo()) {
    base.loop(EVLOOP_ONCE);
    assert.ok(!isLate, 'it does not come to that');
  }
  alarm.free();
}

/** Runs the loop for a time. */
export function runFor(base: EventBase, seconds: number): void {
  base.loopExit(seconds);
  base.dispatch();
}
