/**
 * Attacks whoever reads its feed by closing it while it runs, with half a record in it.
 * Must hold: the run goes on, and so does everybody else’s.
 */
import { closeSync, writeSync } from 'node:fs';
import type { Attack } from './kernel.ts';

const closedFeed: Attack = () => {
  const feed = Number(process.env['READABLE_TRACE_FD']);
  writeSync(feed, '{"type":"enter","pid":2,"thr');
  closeSync(feed);
  return 'went on';
};
export default closedFeed;
