import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CrowdState } from '../protocol/crowd-feed.ts';
import { CrowdCurves, roundedUp } from './crowd-curves.ts';

function crowd(connected: number, more: Partial<CrowdState> = {}): CrowdState {
  return {
    ...{ wanted: 100, talks: false, connecting: 0, connected, closed: 0, failed: 0 },
    ...{ reasons: [], sent: 0, answered: 0, line: null, ...more },
  };
}

suite('the curves of a crowd', () => {
  test('begin with what there was before, and have a figure for each number of clients', () => {
    const curves = new CrowdCurves();
    curves.measure({ processes: 3 }, 0);
    curves.begin();
    curves.measure({ processes: 5 }, 800);
    curves.take(crowd(0), 850);
    curves.measure({ processes: 9 }, 900);
    curves.take(crowd(10), 1000);
    curves.measure({ processes: 13 }, 1100);
    curves.measure({ processes: 14 }, 1200);
    curves.take(crowd(20), 1300);
    curves.measure({ processes: 24 }, 1400);
    assert.deepEqual(curves.now.points.get('processes'), [
      { clients: 0, value: 3 },
      { clients: 10, value: 14 },
      { clients: 20, value: 24 },
    ]);
    assert.equal(curves.latest('processes'), 24);
    assert.equal(curves.latest('memory'), undefined);
  });

  test('a figure that is not told again has not changed', () => {
    const curves = new CrowdCurves();
    curves.measure({ processes: 1 }, 0);
    curves.begin();
    curves.take(crowd(10), 500);
    curves.take(crowd(90), 1500);
    assert.deepEqual(curves.now.points.get('processes'), [
      { clients: 0, value: 1 },
      { clients: 90, value: 1 },
    ]);
  });

  test('know from when on clients are turned away', () => {
    const curves = new CrowdCurves();
    curves.take(crowd(40), 0);
    assert.equal(curves.now.turnsAwayAt, undefined);
    curves.take(crowd(50, { closed: 10 }), 1);
    curves.take(crowd(50, { closed: 50 }), 2);
    assert.equal(curves.now.turnsAwayAt, 50);
    const crashed = new CrowdCurves();
    crashed.take(crowd(30), 0);
    crashed.take(crowd(0, { closed: 30 }), 1);
    assert.equal(crashed.now.turnsAwayAt, 30);
  });

  test('the crowd before is kept for comparison: one that has left, or was larger', () => {
    const curves = new CrowdCurves();
    const line = { middle: 1, slow: 2, waits: 0 };
    const before = (): unknown => curves.before?.points.get('slow');
    curves.take(crowd(100, { line }), 0);
    assert.equal(before(), undefined);
    curves.take(crowd(10, { wanted: 10, line }), 1);
    assert.deepEqual(before(), [{ clients: 100, value: 2 }]);
    curves.take(null, 2);
    assert.deepEqual(curves.now.points.get('line'), [{ clients: 10, value: 1 }]);
    curves.take(crowd(0, { line }), 3);
    assert.deepEqual(before(), [{ clients: 10, value: 2 }]);
    assert.equal(curves.most, 100);
    curves.clear();
    assert.equal(before(), undefined);
    assert.equal(curves.most, 10);
  });

  test('the table has what there was at each number of clients, and nothing beyond the last', () => {
    const curves = new CrowdCurves();
    assert.deepEqual(curves.rows([10]), [new Map()]);
    curves.take(crowd(5, { line: { middle: 1, slow: 2, waits: 0 } }), 0);
    curves.take(crowd(15, { line: { middle: 3, slow: 4, waits: 0 } }), 1);
    const rows = curves.rows([10, 15, 20]).map((row) => row.get('line'));
    assert.deepEqual(rows, [1, 3, undefined]);
  });
});

test('an axis ends with a round number', () => {
  const ends = [0, 0.3, 1, 1.1, 2.5, 7, 10, 144, 999, 1000].map(roundedUp);
  assert.deepEqual(ends, [1, 0.5, 1, 2, 5, 10, 10, 200, 1000, 1000]);
});
