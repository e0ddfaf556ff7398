/** What is on a timeline, in words. Pure. */
import type { Owners } from './owners.ts';
import {
  WAITED,
  hasNoKnownEnd,
  type Call,
  type Callback,
  type Folded,
  type TimelineRow,
} from './timeline.ts';

/** A time in a few letters: `3.2 s`, `45 ms`, `0.4 ms`. */
export function timeText(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** When in a run something was: `0:03.25`, or with another number of decimals. */
export function clockTime(milliseconds: number, decimals = 2): string {
  const minutes = Math.floor(milliseconds / 60_000);
  const [whole = '', part] = ((milliseconds % 60_000) / 1000).toFixed(decimals).split('.');
  return `${minutes}:${whole.padStart(2, '0')}${part === undefined ? '' : `.${part}`}`;
}

/** A call as the manual writes it: `recv(21, 1024 bytes) = 15, "hello"`. */
export function callText({ name, args, result }: Call): string {
  return `${name}(${args})${result === undefined ? '' : ` = ${result}`}`;
}

/** A call that goes on, in a few letters: `recv(21)`. */
export function shortCall({ name, fd }: Call): string {
  return `${name}(${fd ?? ''})`;
}

/** A callback: `EV_READ of 21`. */
export function callbackText({ what, fd }: Callback): string {
  return fd === undefined ? what : `${what} of ${fd}`;
}

/** A name with a capital letter, as in a sentence: `Alice`. */
export function properName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** What a row is called: `server`, `server, process 7`, `server, thread 2`, each with its client if it has one. */
export function rowName(row: TimelineRow, rows: readonly TimelineRow[]): string {
  const { program, process, pid, thread } = row;
  const first = rows.find((other) => other.process === process);
  const isChild = first !== undefined && first.pid !== pid;
  const parts = [program];
  if (isChild) parts.push(`process ${pid}`);
  if (thread !== 0) parts.push(`thread ${thread}`);
  return parts.join(', ');
}

/** Whose a row is: its process’s client, or the one whose connection the call is about that a thread waits in. */
export function rowClient(row: TimelineRow, owners: Owners): string | undefined {
  const whole = owners.ofProcess(row.process, row.pid);
  if (whole !== undefined) return whole;
  const { open } = row;
  return row.thread !== 0 && open ? owners.ofCall(row, open) : undefined;
}

/** What is said instead of how long a call took that has never told of its return. */
export const NO_KNOWN_END = 'no known end';

/** How long a call took, or waits, in words. */
function lasting(call: Call, now: number): string {
  const { start, end } = call;
  if (hasNoKnownEnd(call)) return NO_KNOWN_END;
  if (end === undefined) return `waits for ${timeText(Math.max(0, now - start))}`;
  const took = end - start;
  return took >= WAITED ? `waited ${timeText(took)}` : `took ${timeText(took)}`;
}

/** All of a call, for those who point at it. `line` is the one that is shown. */
export function tellCall(
  row: string,
  call: Call,
  line: number | undefined,
  client: string | undefined,
  now: number,
): string {
  const parts = [`${row}: ${callText(call)}`, lasting(call, now)];
  if (line !== undefined) parts.push(`line ${line}`);
  if (client !== undefined && call.fd !== undefined) {
    parts.push(`${call.fd} is ${properName(client)}`);
  }
  parts.push(`at ${clockTime(call.start)}`);
  return parts.join(' · ');
}

/** All of a callback. */
export function tellCallback(
  row: string,
  callback: Callback,
  line: number | undefined,
  client: string | undefined,
  now: number,
): string {
  const { start, end, fd } = callback;
  const parts = [`${row}: callback for ${callbackText(callback)}`];
  parts.push(
    end === undefined ? `runs for ${timeText(now - start)}` : `ran ${timeText(end - start)}`,
  );
  if (line !== undefined) parts.push(`line ${line}`);
  if (client !== undefined && fd !== undefined) parts.push(`${fd} is ${properName(client)}`);
  parts.push(`at ${clockTime(start)}`);
  return parts.join(' · ');
}

/** What is folded, in words. */
export function tellFold(row: string, { start, end, calls }: Folded): string {
  return `${row}: ${calls.toLocaleString('en')} calls in ${timeText(end - start)}, counted only · at ${clockTime(start)}`;
}
