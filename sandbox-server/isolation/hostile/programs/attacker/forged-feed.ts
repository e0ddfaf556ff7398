/**
 * Attacks the server’s and the page’s timeline: records of other processes, at absurd times, with words that
 * steer a terminal or turn text round, ends of what never began, halves of records, and rows without number.
 * Must hold: the run goes on, and so does everybody else’s.
 */
import { writeSync } from 'node:fs';
import type { Attack } from './kernel.ts';

const ROWS = 5000;
const WORDS = '\u001b[2J\u202e\u2066<b>\0\u0007';
const NAMES = [
  'recv',
  '__proto__',
  'constructor',
  'exit_group',
  'select',
  WORDS,
  'x'.repeat(20_000),
];
const TIMES = [0, -1, 1e300, 8.64e15, 1e-300, null, WORDS];
const PIDS = [0, 1, 2, 2 ** 31 - 1, 2 ** 31, -1, 1.5, WORDS];

const forgedFeed: Attack = () => {
  const to = Number(process.env['READABLE_TRACE_FD']);
  const put = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length;) at += writeSync(to, bytes, at);
  };
  const write = (record: object): void => put(Buffer.from(`${JSON.stringify(record)}\n`));
  let id = 0;
  for (const call of NAMES) {
    for (const time of [...TIMES, Date.now(), Date.now() + 1e9]) {
      for (const pid of PIDS) {
        const head = { pid, thread: 0, time, id: id++, call };
        const place = { fd: id, file: '../../server.ts', line: 2 ** 31 - 1 };
        write({ ...head, ...place, type: 'enter', args: [WORDS, WORDS] });
        write({ ...head, type: 'exit', id: id + 1, result: 1e308, out: WORDS });
        write({ ...head, ...place, type: 'callback', what: WORDS.repeat(100) });
        write({ ...head, type: 'return', id: id + 1 });
        write({ ...head, type: 'folded', from: time, until: time, calls: 1e9 });
        write({ type: 'line', way: 'sent', bytes: 5, time });
      }
    }
  }
  for (let row = 0; row < ROWS; row++) {
    const head = { time: Date.now(), id: row, call: 'recv', args: [], fd: row };
    write({ ...head, type: 'enter', pid: row, thread: 0 });
    write({ ...head, type: 'enter', pid: 2, thread: row });
    write({ ...head, type: 'callback', pid: 2, thread: 0, what: 'never returns' });
  }
  const half = Buffer.from('{"type":"enter","pid":2,"thread":0,"id":1,"time":1,"ca');
  for (const byte of half) put(Buffer.of(byte));
  put(Buffer.from([0xff, 0xfe, 0, 0x0a, 0xc3, 0x0a]));
  return 'written';
};
export default forgedFeed;
