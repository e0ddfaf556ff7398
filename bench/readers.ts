/**
 * Readers of a lab, in a process of their own, so that what they receive costs nobody who measures
 * anything. Says `ready` when all their runs are, and ends them on SIGTERM or when its input ends. A run
 * that the server ends is begun again. At the end it prints how many were begun, and why they ended.
 * Usage: readers.ts PORT COUNT LINES_A_SECOND LAB [WAY]
 */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { Reader } from '../sandbox-server/testing/reader.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { CLIENTS, CONNECTED_LAB, anyReader, connections } from './lab-server.ts';

/** How many begin at the same time. */
const AT_ONCE = 4;
/** One whose run can't even begin does not ask again at once, in milliseconds. */
const BREATH = 100;
const SECOND = 1000;

const [port = '', count = '', rate = '', lab = '', way] = process.argv.slice(2);
let over = false;
let begun = 0;
const ends: Record<string, number> = {};
const running = new Set<Reader>();

function says({ messages }: Reader, type: ServerMessage['type']): boolean {
  return messages.some((message) => message.type === type);
}

function isUp(reader: Reader): boolean {
  return says(reader, 'ready') && (lab !== CONNECTED_LAB || connections(reader) === CLIENTS);
}

/** Begins a run; resolves when it is ready and its clients are connected, or it has ended. */
async function begin(): Promise<Reader> {
  begun++;
  const reader = await Reader.start(Number(port), lab, way, anyReader());
  running.add(reader);
  try {
    await reader.until('the run', () => isUp(reader) || says(reader, 'session-ended'));
  } catch {
    // Beside a hog it may take long. It is there all the same, and on its way.
  }
  return reader;
}

/** Waits, however long it takes, until a run is over. */
async function isOver({ socket }: Reader): Promise<void> {
  if (socket.readyState !== socket.CLOSED) await once(socket, 'close');
}

async function keep(reader: Reader): Promise<void> {
  await isOver(reader);
  running.delete(reader);
  const ended = reader.messages.find((message) => message.type === 'session-ended');
  const kind = ended?.end.kind ?? 'lost';
  ends[kind] = (ends[kind] ?? 0) + 1;
  if (over) return;
  if (!says(reader, 'ready')) await setTimeout(BREATH);
  await keep(await begin());
}

async function type(reader: Reader, index: number): Promise<void> {
  const pause = SECOND / Number(rate);
  // Not all of them at the same moment.
  await setTimeout((pause * index) / Number(count));
  for (let line = 0; reader.closed === undefined && !over; line++) {
    for (const name of ['alice', 'bob']) reader.type(name, `line ${line}\n`);
    // What was shown is of no interest, and there is a lot of it.
    reader.shown.clear();
    await setTimeout(pause);
  }
}

const told = Promise.race([once(process.stdin, 'end'), once(process, 'SIGTERM')]);
process.stdin.resume();
let next = 0;
const kept: Promise<void>[] = [];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < Number(count)) {
      const index = next++;
      const reader = await begin();
      kept.push(keep(reader));
      if (Number(rate) > 0) void type(reader, index);
    }
  }),
);
console.log('ready');
await told;
process.stdin.destroy();
over = true;
for (const reader of running) reader.say({ type: 'stop' });
await Promise.all(kept);
console.log(JSON.stringify({ begun, ends }));
