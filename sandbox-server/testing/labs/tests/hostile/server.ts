/** Writes to the feed what no library would, as fast as it can, or does it to the terminal. */
import { writeSync } from 'node:fs';

const feed = Number(process.env['READABLE_TRACE_FD']);
const STDOUT = 1;
/** In bytes: what is written again and again, and how much of it at once. */
const [ENOUGH, PIECE] = [1024 * 1024, 64 * 1024];
const head = { pid: 1, thread: 0, time: 1 };
const all = Array.from({ length: 1024 }, (_, index) => index);
const lies = Object.fromEntries(Array.from({ length: 6500 }, (_, index) => [`${index}`, -1]));
const costly = JSON.stringify({ ...head, type: 'counts', counts: lies });
/** So that each call has a name of its own. */
let next = 0;
const attacks: Record<string, () => string> = {
  names: () => JSON.stringify({ ...head, type: 'counts', counts: { [`call_${next++}`]: 1 } }),
  flood: () => JSON.stringify({ ...head, type: 'counts', counts: { recv: 1e308 } }),
  sets: () => {
    const sets = { read: all, write: all.slice(next++ % 1024) };
    return JSON.stringify({ ...head, type: 'enter', id: 1, call: 'select', args: ['1024'], sets });
  },
  garbage: () => String.fromCharCode(next++ % 0x800, 0x7b).repeat(100),
  costly: () => costly,
  output: () => 'output without end',
};
const name = process.argv[2] ?? '';
const attack = attacks[name];
if (!attack) throw new Error('no such attack');
console.log('Attacking');
// No gauge takes it for the program any more.
if (name !== 'output') process.title = 'somebody else';
// Made before: to say them costs far less than to hear them, so that it is a flood on a busy computer too.
let lines = '';
while (lines.length < ENOUGH) lines += `${attack()}\n`;
const bytes = Buffer.from(lines);
function burst(): void {
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + PIECE);
    at += writeSync(name === 'output' ? STDOUT : feed, piece);
  }
  setImmediate(burst);
}
burst();
