import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventRecord } from './event_record.ts';
import { Timeouts } from './timeouts.ts';

class Timer extends EventRecord {
  constructor(interval: number) {
    super(-1, 0);
    this.interval = interval;
  }

  override fire(): void {
    assert.fail('nothing here runs timers');
  }
}

test('E54 a timer that was due is next due an interval after that, however late it ran', () => {
  const timeouts = new Timeouts();
  const timer = new Timer(60_000);
  const due = performance.now() - 20_000;
  timer.deadline = due;
  timeouts.restart(timer, true);
  assert.equal(timer.deadline, due + 60_000);
});

test('E53 rounds that were missed altogether are not made up for', () => {
  const timeouts = new Timeouts();
  const timer = new Timer(1000);
  timer.deadline = performance.now() - 20_000;
  timeouts.restart(timer, true);
  assert.ok(timer.deadline > performance.now());
});

test('E56 a timer whose event ran for another reason starts again from now', () => {
  const timeouts = new Timeouts();
  const timer = new Timer(60_000);
  timeouts.start(timer, 10_000);
  const before = performance.now();
  timeouts.restart(timer, false);
  assert.ok(timer.deadline >= before + 60_000);
  assert.equal(timeouts.size, 1);
});

test('E21 in a pass all timers count from the same moment; a wait counts from the present', () => {
  const timeouts = new Timeouts();
  const [first, second] = [new Timer(0), new Timer(0)];
  assert.equal(timeouts.untilDue(), -1);
  timeouts.enterPass();
  timeouts.start(first, 10_000.25);
  const start = performance.now();
  while (performance.now() - start < 2);
  timeouts.start(second, 10_000.25);
  assert.equal(first.deadline, second.deadline);
  const left = first.deadline - performance.now();
  const wait = timeouts.untilDue();
  // Between the two the clock goes on. A wait is never too short.
  assert.ok(Number.isInteger(wait) && wait <= Math.ceil(left));
  assert.ok(wait >= first.deadline - performance.now());
  assert.equal(timeouts.takeDue(), null);
});
