import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LineCost } from './line-cost.ts';

/** A server that reads and answers a thousand lines a second, and tells of it now and then. */
const QUARTER = { recv: 250, send: 250, epoll_wait: 10 };

/** Fills it with four seconds. */
function served(underWay: (at: number) => number = () => 0): LineCost {
  const cost = new LineCost();
  for (let at = 0; at <= 4000; at += 250) {
    cost.add(at, at === 0 ? {} : QUARTER);
    cost.answered({ at, lines: Math.max(0, at - underWay(at)), underWay: underWay(at) });
  }
  return cost;
}

suite('the calls of a line', () => {
  test('are those made while the lines were answered', () => {
    assert.equal(served().read(4000), 2.04);
  });

  test('are not fewer because the program’s own count comes later than the crowd’s', () => {
    const cost = served();
    cost.answered({ at: 4250, lines: 4250, underWay: 0 });
    cost.answered({ at: 4500, lines: 4500, underWay: 0 });
    assert.equal(cost.read(4500), 2.04);
  });

  test('are not fewer because lines were answered before, and read by the crowd only now', () => {
    // All were served in time. The crowd had no processor in the third second, and reads what has come.
    const cost = served((at) => (at >= 2000 && at < 3500 ? 400 : 0));
    const told = cost.read(4000);
    assert.ok(told !== undefined && told >= 2.04, String(told));
  });

  test('are told of the moments at which the fewest lines were in doubt', () => {
    // Between 2 s and 3 s every moment will do; only at 2.5 s nothing is under way.
    assert.equal(served((at) => (at === 2500 || at > 3000 ? 0 : 300)).read(4000), 2.04);
  });

  test('are not fewer when the program makes them all at the end of the time that it tells of', () => {
    const cost = new LineCost();
    cost.add(0, {});
    // It has no processor for most of each second, and then serves all that has come.
    for (let second = 1; second <= 4; second += 1) {
      cost.answered({ at: second * 1000 - 400, lines: (second - 1) * 1000, underWay: 600 });
      cost.answered({ at: second * 1000 - 10, lines: second * 1000 - 100, underWay: 90 });
      cost.add(second * 1000, { recv: 1000, send: 1000 });
    }
    const told = cost.read(4000);
    assert.ok(told !== undefined && told >= 2, String(told));
  });

  test('leave out what accepts and closes, and an epoll_ctl for each of those', () => {
    const cost = new LineCost();
    for (let at = 0; at <= 2000; at += 250) {
      cost.add(at, { recv: 25, send: 25, accept4: 25, close: 25, epoll_ctl: 60 });
      cost.answered({ at, lines: at / 10, underWay: 0 });
    }
    // The ten epoll_ctl beyond are made for the 25 lines.
    assert.equal(cost.read(2000), 2.4);
  });

  test('are unknown without a crowd, after it, and while most lines are in doubt', () => {
    const cost = new LineCost();
    cost.add(0, QUARTER);
    assert.equal(cost.read(0), undefined);
    cost.answered({ at: 0, lines: 0, underWay: 0 });
    assert.equal(cost.read(0), undefined);
    assert.equal(served().read(10_000), undefined);
    assert.equal(served(() => 2000).read(4000), undefined);
  });

  test('are unknown for a while after some calls could not be heard of', () => {
    const cost = served();
    cost.lose();
    assert.equal(cost.read(4000), undefined);
    for (let at = 4250; at <= 6000; at += 250) {
      cost.add(at, QUARTER);
      cost.answered({ at, lines: at, underWay: 0 });
    }
    assert.equal(cost.read(6000), 2.04);
  });

  test('of another crowd are counted anew', () => {
    const cost = served();
    cost.answered({ at: 4250, lines: 3, underWay: 0 });
    assert.equal(cost.read(4250), undefined);
  });

  test('stay bounded, however much is told', () => {
    const cost = served();
    for (let index = 0; index < 10_000; index += 1) cost.add(4000, { recv: 1 });
    assert.equal(cost.read(4000), undefined);
  });
});
