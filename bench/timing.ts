/** How long a reader waits, in milliseconds: for a run to start, and for a line to come back. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Edit } from '../protocol/messages.ts';
import { RECEIVED } from '../protocol/received.ts';
import { Reader } from '../sandbox-server/testing/reader.ts';
import { CLIENTS, CONNECTED_LAB, anyReader, connections } from './lab-server.ts';

const HELLO = join(import.meta.dirname, 'hello.mjs');
const ALICE = 'alice';

/** From `start` on a WebSocket that is open. */
export interface StartTimes {
  /** To the first byte that the server program printed. */
  readonly firstByte: number;
  readonly ready: number;
  /** To the last of the clients being connected. */
  readonly connected: number;
}

/** What a start is compared with: `node hello.mjs`, from the spawn to the first byte. */
export async function timeHello(): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [HELLO], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  const time = performance.now() - began;
  await closed;
  return time;
}

/**
 * Starts a run, and stops it.
 * @param edits programs of the reader’s own, to be run in place of the lab’s
 * @returns undefined when it did not come up
 */
export async function timeStart(
  port: number,
  edits?: readonly Edit[],
): Promise<StartTimes | undefined> {
  const reader = new Reader(port, undefined, anyReader());
  await once(reader.socket, 'open');
  const times: { -readonly [Name in keyof StartTimes]?: number } = {};
  const began = performance.now();
  reader.startLab(CONNECTED_LAB, undefined, edits);
  try {
    await reader.until('the clients', () => {
      const now = performance.now() - began;
      if (reader.received > 0) times.firstByte ??= now;
      if (reader.messages.some(({ type }) => type === 'ready')) times.ready ??= now;
      if (connections(reader) === CLIENTS) times.connected ??= now;
      return (
        times.connected !== undefined ||
        reader.messages.some(({ type }) => type === 'session-ended')
      );
    });
  } catch {
    // It takes longer than any reader waits.
  }
  await leave(reader);
  const { firstByte, ready, connected } = times;
  if (firstByte === undefined || ready === undefined || connected === undefined) return undefined;
  return { firstByte, ready, connected };
}

/** Ends a reader's run, and waits until it is over. */
export async function leave(reader: Reader): Promise<void> {
  const { socket } = reader;
  if (socket.readyState === socket.CLOSED) return;
  const closed = once(socket, 'close');
  if (socket.readyState === socket.OPEN) reader.say({ type: 'stop' });
  await closed;
}

/** Starts the run that {@link timeEcho} types in. */
export async function openRun(port: number): Promise<Reader> {
  const reader = await Reader.start(port, CONNECTED_LAB, undefined, anyReader());
  await reader.until('the clients', () => connections(reader) === CLIENTS);
  return reader;
}

/** Types a line that was not typed before, and waits until it has come back from the server program. */
export async function timeEcho(reader: Reader, line: string): Promise<number | undefined> {
  const from = reader.shown.get(ALICE)?.length ?? 0;
  const wanted = RECEIVED.start + line;
  const began = performance.now();
  reader.type(ALICE, `${line}\n`);
  try {
    return await reader.until(
      line,
      () =>
        (reader.shown.get(ALICE)?.indexOf(wanted, from) ?? -1) >= 0 && performance.now() - began,
    );
  } catch {
    return undefined;
  }
}
