/** Writes to the feed what no library would, as fast as it can. */
import { writeSync } from 'node:fs';

const feed = Number(process.env['READABLE_TRACE_FD']);
const head = { pid: 1, thread: 0, time: 1 };
/** With every name of a call a new one, and a process that no gauge takes for the program. */
let next = 0;
const attacks: Record<string, () => string> = {
  names: () => JSON.stringify({ ...head, type: 'counts', counts: { [`call_${next++}`]: 1 } }),
  flood: () => JSON.stringify({ ...head, type: 'counts', counts: { recv: 1e308 } }),
  sets: () => {
    const members = Array.from({ length: 5000 }, (_, index) => String(index)).join(' ');
    const args = ['1e999', `{${members}}`, `{${'9'.repeat(400)}}`];
    return JSON.stringify({ ...head, type: 'enter', id: 1, call: 'select', args });
  },
  garbage: () => String.fromCharCode(next++ % 0x800, 0x7b).repeat(100),
};
const attack = attacks[process.argv[2] ?? ''];
if (!attack) throw new Error('no such attack');
console.log('Attacking');
process.title = 'somebody else';
function burst(): void {
  for (let index = 0; index < 1000; index++) writeSync(feed, `${attack?.() ?? ''}\n`);
  setImmediate(burst);
}
burst();
