import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evenAxis, figureText, figuresOf, logarithmicAxis } from './measure-figures.ts';
import type { FiguresRecord } from './measured.ts';

const KiB = 1024;
const SERVED: FiguresRecord = {
  ...{ type: 'measure', state: 'served', series: 'own', clients: 50, busy: 100, final: true },
  ...{ connected: 50, answers: 41_234.4, middle: 1.136, slow: 12.04, slowest: 1234.5 },
  ...{ processes: 51, threads: 60, memory: 900 * KiB, processor: 0.984 },
};
const PASSED: FiguresRecord = {
  ...{ type: 'measure', state: 'passed', series: 'epoll', descriptors: 10, busy: 1, micros: 3.456 },
};

function texts(kind: 'servers' | 'passes', record: FiguresRecord): (string | undefined)[] {
  return figuresOf(kind).map(({ of, text }) => {
    const value = of(record);
    return value === undefined ? undefined : text(value);
  });
}

test('each figure of a record is written with its unit, and no more exactly than it is known', () => {
  assert.deepEqual(texts('servers', SERVED), [
    ...['41,234', '1.14 ms', '12 ms', '1.23 s', '51', '900 KB', '98 %'],
  ]);
  const many = { connected: 10_000, memory: 930 };
  assert.deepEqual(texts('servers', { ...SERVED, ...many, slow: 150.4 }).slice(2, 6), [
    ...['150 ms', '1.23 s', '51', '930 bytes'],
  ]);
  assert.deepEqual(texts('passes', PASSED), ['3.46 µs']);
  assert.deepEqual(texts('passes', SERVED), [undefined]);
});

test('memory that is less in all than what a server takes by itself is no figure, and a table says why', () => {
  const memory = figuresOf('servers').find(({ name }) => name === 'memory');
  assert.ok(memory);
  const enough = { ...SERVED, connected: 1000, memory: 4 * 1.024 * KiB };
  assert.equal(figureText(memory, enough), '4.1 KB');
  for (const few of [{ memory: 0 }, { memory: 4 * KiB }, { connected: 900 }]) {
    assert.equal(memory.of({ ...enough, ...few }), undefined);
    assert.equal(figureText(memory, { ...enough, ...few }), 'too little to measure');
  }
  assert.equal(figureText(memory, undefined), undefined);
  assert.equal(figureText(figuresOf('passes')[0], SERVED), undefined);
});

test('an even axis begins with 0, has round marks and room for the most', () => {
  for (const most of [0, 0.98, 1, 7, 43, 41_234, 99_999]) {
    const { from, to, marks } = evenAxis(most);
    assert.equal(from, 0);
    assert.ok(to > most);
    assert.equal(marks[0], 0);
    assert.ok(marks.length >= 3 && marks.length <= 6, `${most}: ${marks.join(' ')}`);
    assert.ok((marks.at(-1) ?? NaN) <= to);
  }
  assert.deepEqual(evenAxis(41_234).marks, [0, 10_000, 20_000, 30_000, 40_000]);
});

test('a logarithmic axis is of whole decades, at least one on each side', () => {
  assert.deepEqual(logarithmicAxis(2, 300), { from: 1, to: 1000, marks: [1, 10, 100, 1000] });
  assert.deepEqual(logarithmicAxis(10, 10).marks, [1, 10, 100]);
  assert.deepEqual(logarithmicAxis(0.02, 0.3).marks, [0.01, 0.1, 1]);
  const sizes = figuresOf('servers').find(({ name }) => name === 'memory');
  const { marks } = logarithmicAxis(2000, 20_000_000, sizes?.marks);
  assert.deepEqual(
    marks.map((mark) => sizes?.text(mark)),
    [...['1 KB', '10 KB', '100 KB', '1 MB', '10 MB', '100 MB']],
  );
});
