import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './random.ts';

const numbers = (seed: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: 1000 }, () => random.below(10));
};

test('a seed gives the same numbers each time, and another seed others', () => {
  assert.deepEqual(numbers(7), numbers(7));
  assert.notDeepEqual(numbers(7), numbers(8));
});

test('each number comes about as often as any other', () => {
  for (let wanted = 0; wanted < 10; wanted++) {
    const times = numbers(7).filter((number) => number === wanted).length;
    assert.ok(times > 60 && times < 140, `${String(wanted)} came ${String(times)} times`);
  }
});

test('things are put into another order, and none is lost', () => {
  const things = Array.from({ length: 100 }, (_, index) => index);
  const shuffled = new Random(7).shuffled(things);
  assert.notDeepEqual(shuffled, things);
  assert.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    things,
  );
  assert.throws(() => new Random(7).of([]), RangeError);
});
