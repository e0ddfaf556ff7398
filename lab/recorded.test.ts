import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Measures } from './measures.ts';
import { parseRecorded, recordedText } from './recorded.ts';

const PASSES: Measures = { kind: 'passes', series: [{ name: 'epoll', label: 'epoll' }] };
const POINT = {
  type: 'measure',
  state: 'passed',
  series: 'epoll',
  descriptors: 10,
  busy: 1,
  micros: 2,
};
const RECORDED = {
  date: '2026-03-09',
  machine: 'a test’s own machine',
  node: '24.0.0',
  kernel: 'Linux 6.18',
  commit: '0123456789abcdef',
  series: [{ name: 'epoll', label: 'epoll', points: [POINT] }],
};

function parse(more: object, measures: Measures | undefined = PASSES): unknown {
  return parseRecorded({ ...RECORDED, ...more }, 'recorded.json', measures);
}

suite('a recording', () => {
  test('that is whole is taken, also with series that the lab does not have', () => {
    const extra = {
      name: 'c_libevent',
      label: 'C libevent',
      points: [{ ...POINT, series: 'c_libevent' }],
    };
    const recorded = parseRecorded(
      { ...RECORDED, series: [...RECORDED.series, extra] },
      'recorded.json',
      PASSES,
    );
    assert.deepEqual(
      recorded.series.map(({ name }) => name),
      ['epoll', 'c_libevent'],
    );
    assert.equal(
      recordedText(recorded),
      'Recorded on 9 March 2026: a test’s own machine, Linux 6.18, Node 24.0.0, commit 0123456.',
    );
  });

  test('that is not is told of, with the file, the field and what to write', () => {
    assert.throws(
      () => parse({ date: 'yesterday' }),
      /recorded\.json is no recording yet:\n.*date.*2026-11-27/s,
    );
    assert.throws(() => parse({ commit: 'main' }), /commit.*hash/s);
    assert.throws(() => parse({ series: [] }), /series/);
    assert.throws(() => parse({ when: 1 }), /when/);
    const other = [{ name: 'epoll', label: 'epoll', points: [{ ...POINT, series: 'poll' }] }];
    assert.throws(
      () => parse({ series: other }),
      /series “epoll”, point 1: it is of the series “poll”/,
    );
    const began = [
      { ...RECORDED.series[0], points: [{ type: 'measure', state: 'began', series: 'epoll' }] },
    ];
    assert.throws(
      () => parse({ series: began }),
      /its state is “began”; this lab has “passed” only/,
    );
    assert.throws(
      () => parse({ series: [...RECORDED.series, ...RECORDED.series] }),
      /“epoll” is there twice/,
    );
  });

  test('of a lab that measures nothing is a mistake', () => {
    assert.throws(
      () => parseRecorded(RECORDED, 'recorded.json', undefined),
      /recorded\.json: its lab measures nothing\. Add measures/,
    );
  });
});
