import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureRecordLine, type MeasureRecord } from './measure-feed.ts';
import { readMeasureRecord } from './measure.ts';

const type = 'measure';
const RECORDS: MeasureRecord[] = [
  { type, state: 'began', series: 'rot13-fork' },
  {
    ...{ type, state: 'served', series: 'own', clients: 1000, busy: 10, final: true },
    ...{ connected: 102, answers: 2000, middle: 0.5, slow: 2, slowest: 12.25 },
    ...{ processes: 103, threads: 412, memory: 5_000_000, processor: 1.5 },
  },
  { type, state: 'passed', series: 'epoll', descriptors: 1900, busy: 1, micros: 3.25 },
  { type, state: 'skipped', series: 'select', why: 'It does not listen.' },
  { type, state: 'done' },
];

test('what a measurement tells is read as it was written', () => {
  for (const record of RECORDS) {
    assert.deepEqual(readMeasureRecord(measureRecordLine(record)), record);
  }
});

test('what is none of it is not read', () => {
  for (const wrong of [
    { type, state: 'begun', series: 'own' },
    { type, state: 'began', series: '__proto__' },
    { ...RECORDS[1], answers: -1 },
    { ...RECORDS[1], clients: 1001 },
    { ...RECORDS[2], micros: 1e300 },
    { ...RECORDS[2], more: 1 },
    { ...RECORDS[3], why: 'x'.repeat(10_000) },
  ]) {
    assert.equal(readMeasureRecord(JSON.stringify(wrong)), undefined, JSON.stringify(wrong));
  }
  assert.equal(readMeasureRecord('no JSON'), undefined);
});
