/** Makes calls as fast as it can, or tells the feed so, line after line or in one that has no end. */
import { writeSync } from 'node:fs';
import { getpid } from 'libevent-ts/sys';

const PIECE = 64 * 1024;
const feed = Number(process.env['READABLE_TRACE_FD']);
const [, , way = ''] = process.argv;

function claims(): Buffer {
  const head = { pid: 1, thread: 0, call: 'recv', time: Date.now() };
  let lines = '';
  for (let id = 0; lines.length < PIECE; id++) {
    lines += `${JSON.stringify({ ...head, type: 'enter', id, args: ['21', '4096 bytes'] })}\n`;
    lines += `${JSON.stringify({ ...head, type: 'exit', id, result: 1 })}\n`;
  }
  return Buffer.from(lines);
}

function write(piece: Buffer): void {
  for (let at = 0; at < piece.length;) at += writeSync(feed, piece, at);
  setImmediate(write, piece);
}

/** So many calls in a turn of Node's loop. */
function call(calls: number): void {
  for (let index = 0; index < calls; index++) getpid();
  setImmediate(call, calls);
}

console.log('Calling');
if (way === 'claims') write(claims());
else if (way === 'endless') write(Buffer.alloc(PIECE, '{'));
else call(1000);
