import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresOf } from './measure-figures.ts';
import {
  busyText,
  curveOf,
  curveTitle,
  orderText,
  placesOf,
  servedText,
  shownSeries,
} from './measure-series.ts';
import type { FiguresRecord } from './measured.ts';
import type { Measures } from './measures.ts';
import type { Recorded } from './recorded.ts';

const MEASURES: Measures = {
  kind: 'servers',
  own: 'node:net',
  beside: [{ lab: 'rot13-fork', label: 'fork' }],
};

function passed(series: string, descriptors: number, busy: number): FiguresRecord {
  return { type: 'measure', state: 'passed', series, descriptors, busy, micros: descriptors / 10 };
}

test('a lab’s own series come first, each with what was recorded of it, then those of the recording', () => {
  const point = passed('own', 10, 1);
  const recorded: Recorded = {
    ...{ date: '2026-03-09', machine: 'a test’s', node: '24', kernel: 'Linux', commit: '0123456' },
    series: [
      { name: 'c-epoll', label: 'bare C epoll', points: [point] },
      { name: 'own', label: 'called otherwise', points: [point] },
    ],
  };
  assert.deepEqual(shownSeries(MEASURES, recorded), [
    { name: 'rot13-fork', label: 'fork', recorded: [], isOnlyRecorded: false },
    { name: 'own', label: 'node:net', recorded: [point], isOnlyRecorded: false },
    { name: 'c-epoll', label: 'bare C epoll', recorded: [point], isOnlyRecorded: true },
  ]);
  assert.equal(shownSeries(MEASURES, undefined).length, 2);
});

test('a curve has the points of one load, from left to right', () => {
  const [figure] = figuresOf('passes');
  const records = [passed('epoll', 300, 1), passed('epoll', 10, 1), passed('epoll', 100, 10)];
  assert.deepEqual(curveOf(records, figure, 1), [
    { place: 10, value: 1 },
    { place: 300, value: 30 },
  ]);
  assert.deepEqual(curveOf(records, figuresOf('servers')[0], 1), []);
});

test('a table has a column for each place, also for those that only a reader’s program has', () => {
  assert.deepEqual(placesOf('servers', []), [1, 10, 50, 200, 1000]);
  assert.deepEqual(placesOf('passes', [passed('epoll', 500, 1), passed('poll', 10, 1)]), [
    ...[10, 30, 100, 300, 500, 1000, 1900],
  ]);
});

test('whom a server has turned away is said of it, and nothing where it has served all', () => {
  const served: FiguresRecord = {
    ...{ type: 'measure', state: 'served', series: 'own', clients: 1000, busy: 1, final: true },
    ...{ connected: 1000, answers: 1, middle: 1, slow: 1, slowest: 1 },
    ...{ processes: 1, threads: 1, memory: 0, processor: 0 },
  };
  assert.equal(servedText(served), '');
  assert.equal(servedText({ ...served, connected: 178 }), '178 of 1,000 served');
  assert.equal(servedText(passed('epoll', 10, 1)), '');
  assert.equal(servedText(undefined), '');
});

test('captions say what was ordered', () => {
  assert.equal(orderText({ clients: 1, busy: 100 }), '1 client, all of them talk');
  assert.equal(orderText({ clients: 1000, busy: 10 }), '1,000 clients, 10 % of them talk');
  assert.equal(busyText('passes', 10), '10 of them busy');
  assert.equal(
    curveTitle('servers', figuresOf('servers')[0], 1),
    'Answers a second, over the number of clients; 1 % of them talk',
  );
  assert.equal(
    curveTitle('passes', figuresOf('passes')[0], 1),
    'µs a pass, over the number of descriptors watched; 1 of them busy',
  );
});
