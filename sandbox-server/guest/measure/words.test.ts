import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONGEST_REASON } from '../../../protocol/measure-feed.ts';
import { readLoadReport } from './load-report.ts';
import { measuredProgramText, readMeasuredProgram } from './measured-program.ts';
import { readEnd, readPass } from './passes.ts';
import { talkersOf } from './servers.ts';
import { reasonWith, serverLine, wrapped } from './words.ts';

const FIGURES = {
  ...{ connected: 10, answers: 12345, middle: 0.456, slow: 12.6, slowest: 100 },
  ...{ processes: 1, threads: 11, memory: 1000, processor: 0.5 },
};

test('two lines say what a server did, and whom it turned away', () => {
  assert.equal(
    serverLine('node:net', 10, 100, FIGURES),
    'node:net  10 clients, 100 % talk: 12,345 answers/s\n' +
      '  median 0.46 ms, p99 13 ms, slowest 100 ms',
  );
  assert.match(serverLine('events', 1000, 1, FIGURES), /1000 clients \(10 served\), 1 % talk/);
  assert.match(serverLine('events', 1, 1, { ...FIGURES, connected: 1 }), /^events {2}1 client, /);
  const longest = { ...FIGURES, connected: 999, answers: 9_999_999, slowest: 99_999 };
  for (const line of serverLine('rot13-bufferevent', 1000, 100, longest).split('\n')) {
    assert.ok(line.length <= 80, line);
  }
});

test('a long line is broken between words, and no word is lost', () => {
  assert.equal(wrapped('own  a short line'), 'own  a short line');
  const why = `select: ${'word '.repeat(40)}${'x'.repeat(90)} end`;
  const lines = wrapped(why).split('\n');
  assert.ok(lines.length > 3);
  for (const line of lines) assert.ok(line.length <= 80 || line === `  ${'x'.repeat(90)}`, line);
  assert.equal(lines.map((line) => line.trim()).join(' '), why);
});

test('a reason has what the program said last, and never more than a feed takes', () => {
  assert.equal(reasonWith('It ended.', []), 'It ended.');
  assert.equal(reasonWith('It ended.', ['one', 'a\u001b[2J']), 'It ended. It said: a␛[2J');
  assert.equal(reasonWith('It ended.', ['x'.repeat(1000)]).length, LONGEST_REASON);
});

test('of a program’s lines only those are figures that are meant to be', () => {
  assert.deepEqual(readPass('100 descriptors: 12.3 µs a pass'), { descriptors: 100, micros: 12.3 });
  for (const line of [
    '0 descriptors: 1 µs a pass',
    '100 descriptors: -1 µs a pass',
    '100 descriptors: NaN µs a pass',
    '1000000 descriptors: 1 µs a pass',
    'about 100 descriptors: 1 µs a pass',
  ]) {
    assert.equal(readPass(line), undefined, line);
  }
});

test('that a series ends is a line of its own, with the reason', () => {
  const why = 'select(2) has no bit for descriptor 1024';
  assert.equal(readEnd(`1900 descriptors: not with select. ${why}`), why);
  assert.equal(readEnd('1900 descriptors: 3 µs a pass'), undefined);
});

test('at least one client talks', () => {
  assert.equal(talkersOf({ clients: 10, busy: 1 }), 1);
  assert.equal(talkersOf({ clients: 1000, busy: 10 }), 100);
  assert.equal(talkersOf({ clients: 50, busy: 100 }), 50);
});

test('a load’s report is read, and nothing else is', () => {
  const report = { state: 'done', connected: 1, answers: 2, middle: 3, slow: 4, slowest: 5 };
  assert.deepEqual(readLoadReport(JSON.stringify(report)), report);
  for (const wrong of [{ state: 'over' }, { answers: -1 }, { middle: null }]) {
    assert.equal(readLoadReport(JSON.stringify({ ...report, ...wrong })), undefined);
  }
});

test('a program to measure is read as it was written', () => {
  const program = {
    ...{ series: 'own', file: 'server.ts', port: 9876 },
    ...{ ready: 'Listening', descriptors: 64 },
    ...{ args: ['9876'], flags: ['--single-threaded'] },
  };
  assert.deepEqual(readMeasuredProgram(measuredProgramText(program)), program);
  const few = { ...program, label: 'node:net', processes: 20 };
  assert.deepEqual(readMeasuredProgram(measuredProgramText(few)), few);
  assert.throws(() => readMeasuredProgram('{}'), /this is no program to measure/);
});
