import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { MeasureRecord, ServerFigures } from '../protocol/measure-feed.ts';
import { Measured, placeOf } from './measured.ts';
import { OWN_SERIES, usualOrder, type Measures } from './measures.ts';

const SERVERS: Measures = {
  kind: 'servers',
  own: 'node:net',
  beside: [
    { lab: 'rot13-fork', label: 'a process for each' },
    { lab: 'rot13-event', label: 'events' },
  ],
};
const PASSES: Measures = {
  kind: 'passes',
  series: [
    { name: 'select', label: 'select' },
    { name: 'epoll', label: 'epoll' },
  ],
};
const NONE: ServerFigures = {
  ...{ connected: 0, answers: 0, middle: 0, slow: 0, slowest: 0 },
  ...{ processes: 1, threads: 1, memory: 0, processor: 0 },
};

function served(series: string, clients: number, answers: number, busy = 100): MeasureRecord {
  const figures = { ...NONE, connected: clients, answers };
  return { type: 'measure', state: 'served', series, clients, busy, final: false, ...figures };
}

function passed(series: string, descriptors: number, micros: number, busy = 1): MeasureRecord {
  return { type: 'measure', state: 'passed', series, descriptors, busy, micros };
}

function began(series: string): MeasureRecord {
  return { type: 'measure', state: 'began', series };
}

function answersOf(measured: Measured, series: string, busy = 100): unknown[] {
  return measured
    .line(series, busy)
    .map(({ record, isOfThisRun }) => [
      placeOf(record),
      record.state === 'served' ? record.answers : record.micros,
      isOfThisRun,
    ]);
}

suite('what a page has measured', () => {
  test('of each series and number of clients the latest is kept, over all runs', () => {
    const measured = new Measured(SERVERS, usualOrder(SERVERS));
    measured.begin({ clients: 50, busy: 100 });
    measured.take(began('rot13-fork'));
    measured.take(served('rot13-fork', 50, 10));
    measured.take(served('rot13-fork', 50, 20));
    assert.deepEqual(answersOf(measured, 'rot13-fork'), [[50, 20, true]]);
    measured.begin({ clients: 10, busy: 100 });
    measured.take(served('rot13-fork', 10, 30));
    measured.take(served(OWN_SERIES, 10, 40));
    assert.deepEqual(answersOf(measured, 'rot13-fork'), [
      [10, 30, true],
      [50, 20, false],
    ]);
    // Another share is another line.
    measured.begin({ clients: 10, busy: 1 });
    measured.take(served('rot13-fork', 10, 5, 1));
    assert.deepEqual(answersOf(measured, 'rot13-fork', 1), [[10, 5, true]]);
    assert.equal(measured.figures.length, 4);
    assert.equal(measured.at('rot13-fork', 100, 50)?.state, 'served');
    assert.equal(measured.at('rot13-fork', 100, 200), undefined);
    measured.clear();
    assert.deepEqual(measured.figures, []);
  });

  test('it says which series is under way, until it is over', () => {
    const measured = new Measured(SERVERS, usualOrder(SERVERS));
    assert.equal(measured.underWay, undefined);
    const order = { clients: 200, busy: 10 };
    measured.begin(order);
    assert.equal(measured.underWay, undefined);
    measured.take(began('rot13-event'));
    assert.deepEqual(measured.underWay, { order, label: 'events', position: 2, of: 3 });
    measured.take(began(OWN_SERIES));
    assert.deepEqual(measured.underWay, { order, label: 'node:net', position: 3, of: 3 });
    measured.take({ type: 'measure', state: 'done' });
    assert.equal(measured.underWay, undefined);
    measured.take(began('rot13-fork'));
    measured.end();
    assert.equal(measured.underWay, undefined);
  });

  test('a reason is kept for its own order, until it is tried again', () => {
    const measured = new Measured(SERVERS, usualOrder(SERVERS));
    const order = { clients: 1000, busy: 100 };
    measured.begin(order);
    measured.take(began('rot13-fork'));
    const why = 'The program exited with code 1.';
    measured.take({ type: 'measure', state: 'skipped', series: 'rot13-fork', why });
    assert.equal(measured.whyNot('rot13-fork', order), why);
    assert.equal(measured.whyNot('rot13-fork', { clients: 50, busy: 100 }), undefined);
    measured.begin(order);
    assert.equal(measured.whyNot('rot13-fork', order), why);
    measured.take(began('rot13-fork'));
    assert.equal(measured.whyNot('rot13-fork', order), undefined);
  });

  test('of descriptors, a reason goes with figures, whatever the number of clients', () => {
    const measured = new Measured(PASSES, usualOrder(PASSES));
    measured.begin({ clients: 1, busy: 1 });
    measured.take(began('select'));
    measured.take(passed('select', 1000, 30));
    measured.take(passed('select', 100, 4));
    measured.take({ type: 'measure', state: 'skipped', series: 'select', why: 'It ends here.' });
    assert.deepEqual(answersOf(measured, 'select', 1), [
      [100, 4, true],
      [1000, 30, true],
    ]);
    assert.equal(measured.whyNot('select', { clients: 50, busy: 1 }), 'It ends here.');
  });

  test('what is of no series of the lab, or of another kind, is let go, and so is what is too much', () => {
    const measured = new Measured(PASSES, usualOrder(PASSES));
    measured.begin({ clients: 1, busy: 1 });
    measured.take(began('kqueue'));
    measured.take(passed('kqueue', 10, 1));
    measured.take(served('epoll', 10, 1, 1));
    assert.equal(measured.underWay, undefined);
    assert.deepEqual(measured.figures, []);
    for (let descriptors = 1; descriptors <= 100; descriptors += 1) {
      measured.take(passed('epoll', descriptors, 1));
    }
    measured.take(passed('epoll', 1, 2));
    const kept = answersOf(measured, 'epoll', 1);
    assert.equal(kept.length, 32);
    assert.deepEqual(kept[0], [1, 2, true]);
  });
});
