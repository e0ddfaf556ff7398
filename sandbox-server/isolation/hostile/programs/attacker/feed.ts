/**
 * Attacks the server through the feed: calls with ever new names, garbage, numbers that are none, a line of
 * 5 MB, and 67,000 descriptors that there aren’t.
 * Must hold: the run goes on, and so does everybody else’s.
 */
import { writeSync } from 'node:fs';
import type { Attack } from './kernel.ts';

const feed: Attack = () => {
  const to = Number(process.env['READABLE_TRACE_FD']);
  const head = { pid: 1, thread: 0, time: 1 };
  const all = Array.from({ length: 67_000 }, (_, index) => index);
  const write = (text: string): void => {
    const bytes = Buffer.from(`${text}\n`);
    for (let at = 0; at < bytes.length;) at += writeSync(to, bytes, at);
  };
  for (let name = 0; name < 2000; name++) {
    write(JSON.stringify({ ...head, type: 'counts', counts: { [`call_${name}`]: 1 } }));
  }
  write('x'.repeat(5_000_000));
  write(
    JSON.stringify({
      ...head,
      type: 'enter',
      id: 1,
      call: 'select',
      args: [],
      sets: { read: all },
    }),
  );
  for (const value of [1e308, -1, 'NaN', null, [], {}]) {
    write(JSON.stringify({ ...head, time: value, type: 'counts', counts: { recv: value } }));
  }
  write('\0\xff\u2028{"__proto__":{"type":"counts"}}');
  write('['.repeat(100_000));
  return 'written';
};
export default feed;
