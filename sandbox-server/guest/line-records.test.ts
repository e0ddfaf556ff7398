import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LineRecords } from './line-records.ts';

/** Records, and what they told. */
function recorded() {
  const told: [string, number, number][] = [];
  const records = new LineRecords((way, bytes, time) => told.push([way, bytes, time]));
  return {
    records,
    told,
    text: (way: 'sent' | 'received', text: string, now: number) =>
      records.take(way, Buffer.from(text), now),
  };
}

suite('lines of a client', () => {
  test('are told of when they end, both ways', () => {
    const { told, text } = recorded();
    text('sent', 'hello', 1000);
    assert.deepEqual(told, []);
    text('sent', ' world\n', 1500);
    text('received', 'uryyb jbeyq\n', 1501);
    assert.deepEqual(told, [
      ['sent', 12, 1500],
      ['received', 12, 1501],
    ]);
  });

  test('of a flood their sums are, and no byte is missing', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { records, told, text } = recorded();
    for (let now = 1000; now < 2000; now++) {
      text('sent', 'line\n', now);
      t.mock.timers.tick(1);
    }
    records.end();
    assert.ok(told.length > 20 && told.length <= 60, `${told.length} records`);
    assert.equal(
      told.reduce((sum, [, bytes]) => sum + bytes, 0),
      5000,
    );
    const times = told.map(([, , time]) => time);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  test('what ended no line is never told of', () => {
    const { records, told, text } = recorded();
    text('received', 'no end', 1000);
    records.end();
    assert.deepEqual(told, []);
  });
});
