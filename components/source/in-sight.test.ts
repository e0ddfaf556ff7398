import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSight, scrollTo, type Place } from './in-sight.ts';

const ROW = 20;

function at(line: number, more: Partial<Place> = {}): Place {
  const top = (line - 1) * ROW;
  return { line, top, bottom: top + ROW, stays: true, count: 1, latest: 0, ...more };
}

function lines(places: readonly Place[], rows: number): number[] {
  return inSight(places, rows * ROW).map(({ line }) => line);
}

test('the line at which most wait is seen, and not the first one', () => {
  const server = at(78);
  const children = at(140, { count: 3 });
  assert.deepEqual(lines([server, children], 20), [140]);
});

test('lines that fit into one view are all seen', () => {
  assert.deepEqual(lines([at(78), at(97, { count: 3 })], 20), [78, 97]);
  assert.deepEqual(lines([at(78), at(98, { count: 3 })], 20), [98]);
  // A third that would push out another is left out.
  assert.deepEqual(lines([at(78, { latest: 1 }), at(60), at(97, { count: 3 })], 20), [78, 97]);
});

test('of as many, the line to which somebody came last is seen', () => {
  assert.deepEqual(lines([at(10, { latest: 5 }), at(90, { latest: 7 })], 20), [90]);
  assert.deepEqual(lines([at(10, { latest: 9 }), at(90, { latest: 7 })], 20), [10]);
});

test('where somebody waits comes before where somebody was', () => {
  assert.deepEqual(lines([at(10, { stays: false, count: 4 }), at(90)], 20), [90]);
  assert.deepEqual(lines([at(10, { stays: false })], 20), [10]);
});

test('what is seen already stays where it is', () => {
  const height = 20 * ROW;
  assert.equal(scrollTo([at(5), at(18)], { top: 0, height }, ROW), undefined);
  assert.equal(scrollTo([], { top: 0, height }, ROW), undefined);
  // Two lines that fill the view leave no room around them.
  assert.equal(scrollTo([at(1), at(20)], { top: 0, height }, ROW), undefined);
});

test('what is not seen comes to the middle', () => {
  const height = 20 * ROW;
  assert.equal(scrollTo([at(50)], { top: 0, height }, ROW), 49.5 * ROW - height / 2);
  assert.equal(scrollTo([at(50), at(60)], { top: 0, height }, ROW), 54.5 * ROW - height / 2);
  // At the edge counts as not seen: a reader looks at what is around it, too.
  assert.notEqual(scrollTo([at(20)], { top: 0, height }, ROW), undefined);
  assert.equal(scrollTo([at(2)], { top: 30 * ROW, height }, ROW), 0);
});
