import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { LineReports } from './line-reports.ts';

type Report = [way: string, bytes: number, time: number];

function reports(): { lines: LineReports; told: Report[]; go: (ms: number) => void } {
  const told: Report[] = [];
  let time = 1000;
  const lines = new LineReports(
    (...report) => told.push(report),
    () => time,
  );
  const go = (ms: number): void => {
    time += ms;
    mock.timers.tick(ms);
  };
  return { lines, told, go };
}

test('a line is told of when its end goes, whole however many pieces it came in', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { lines, told, go } = reports();
  lines.take('sent', Buffer.from('hel'));
  assert.deepEqual(told, []);
  go(5);
  lines.take('sent', Buffer.from('lo\nand'));
  assert.deepEqual(told, [['sent', 6, 1005]]);
  go(100);
  lines.take('sent', Buffer.from(' so\n'));
  assert.deepEqual(told.slice(1), [['sent', 7, 1105]]);
  mock.timers.reset();
});

test('of lines that follow each other fast, some are told of together, and none is lost', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { lines, told, go } = reports();
  for (let count = 0; count < 1000; count++) {
    lines.take('received', Buffer.from('12345\n'));
    go(1);
  }
  lines.take('sent', Buffer.from('x\n'));
  lines.take('sent', Buffer.from('y\n'));
  lines.end();
  const bytesOf = (way: string): number =>
    told.reduce((sum, [each, bytes]) => sum + (each === way ? bytes : 0), 0);
  assert.equal(bytesOf('received'), 6000);
  assert.equal(bytesOf('sent'), 4);
  assert.ok(told.length <= 55, `${told.length} reports`);
  const times = told.filter(([way]) => way === 'received').map(([, , time]) => time);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  mock.timers.reset();
});
