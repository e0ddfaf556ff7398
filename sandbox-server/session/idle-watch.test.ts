import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { IdleWatch } from './idle-watch.ts';

const SECOND = 1000;
const AFTER = 120 * SECOND;

let now: number;
/** The processor time that the processes have used. */
let worked: number;
/** And for how long they waited for a processor. */
let waited: number;
let changes: boolean[];
let watch: IdleWatch;

/** Time passes, a second after the other. */
function pass(seconds: number, each = (): void => {}): void {
  for (let second = 0; second < seconds; second++) {
    now += SECOND;
    each();
    mock.timers.tick(SECOND);
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setInterval'] });
  [now, worked, waited, changes] = [5000, 0, 0, []];
  const work = () => ({ used: worked, wanted: worked + waited });
  const changed = (idle: boolean): void => void changes.push(idle);
  watch = new IdleWatch({ after: AFTER, work, changed }, () => now);
});

afterEach(() => {
  watch.close();
  mock.timers.reset();
});

test('a run in which nothing happens is idle after its time, and yields a while after it was told', () => {
  pass(119);
  assert.deepEqual(changes, []);
  pass(1);
  assert.deepEqual(changes, [true]);
  assert.equal(watch.yieldsSince, undefined);
  pass(14);
  assert.equal(watch.yieldsSince, undefined);
  pass(1);
  assert.equal(watch.yieldsSince, 5000);
  pass(1000);
  assert.deepEqual(changes, [true]);
});

test('what happens in time keeps it, and the next time counts from then', () => {
  pass(121);
  watch.happened();
  assert.deepEqual(changes, [true, false]);
  pass(119);
  assert.deepEqual(changes, [true, false]);
  pass(20);
  assert.deepEqual(changes, [true, false, true]);
  pass(20);
  assert.equal(watch.yieldsSince, 5000 + 121 * SECOND);
});

test('a run whose processes work is not idle, however quiet it is', () => {
  pass(600, () => (worked += 20));
  assert.deepEqual(changes, []);
  assert.equal(watch.yieldsSince, undefined);
});

test('the little that a program uses to wait does not count', () => {
  pass(600, () => (worked += 5));
  assert.deepEqual(changes, [true]);
});

test('work ends idleness, and so does the end of a process', () => {
  pass(150, () => (worked += 1));
  assert.deepEqual(changes, [true]);
  worked += 500;
  pass(10);
  assert.deepEqual(changes, [true, false]);
  pass(150);
  worked = 0;
  pass(10);
  assert.deepEqual(changes, [true, false, true, false]);
});

test('processes are not looked at while things happen anyway', () => {
  watch.close();
  const work = mock.fn(() => ({ used: 0, wanted: 0 }));
  watch = new IdleWatch({ after: AFTER, work, changed: () => {} }, () => now);
  pass(600, () => watch.happened());
  assert.equal(work.mock.callCount(), 0);
  pass(600);
  assert.ok(work.mock.callCount() <= 60);
});

test('a program that others leave no processor works, and one that wakes now and then does not', () => {
  pass(300, () => (waited += 900));
  assert.deepEqual(changes, []);
  pass(300, () => (waited += 300));
  assert.deepEqual(changes, [true]);
});
