/** Where each thread of a run is now, in the programs of the lab. Pure. */
import type { Owners } from './owners.ts';
import type { SourceLine } from './source-line.ts';
import { callbackText, rowClient, shortCall } from './timeline-text.ts';
import { WAITED, type TimelineRow } from './timeline.ts';

/** Where one thread is. */
export interface Here {
  readonly row: TimelineRow;
  /** By the numbers of the file that ran. */
  readonly place: SourceLine;
  /** It waits in a call, it runs a callback, or this is the line of its last call. */
  readonly state: 'waits' | 'runs' | 'called';
  /** What it waits for, or runs: `recv(21)`. */
  readonly what: string;
  /** Since when. */
  readonly since: number;
  /** Whose the process is, or the connection that it waits for. */
  readonly client: string | undefined;
}

/** Where a thread that has not ended is; undefined if that is not known. */
export function hereOf(row: TimelineRow, owners: Owners, now: number): Here | undefined {
  const { open, running, calls } = row;
  if (row.end !== undefined) return undefined;
  const own = rowClient(row, owners);
  if (open?.place && now - open.start >= WAITED) {
    const client = own ?? owners.ofCall(row, open);
    return {
      row,
      place: open.place,
      state: 'waits',
      what: shortCall(open),
      since: open.start,
      client,
    };
  }
  const callback = running.at(-1);
  if (callback?.place) {
    const { place, start: since } = callback;
    const client = owners.ofCallback(row, callback) ?? own;
    return { row, place, state: 'runs', what: callbackText(callback), since, client };
  }
  const last = calls.at(-1);
  if (!last?.place) return undefined;
  const client = own ?? owners.ofCall(row, last);
  const since = last.end ?? last.start;
  return { row, place: last.place, state: 'called', what: shortCall(last), since, client };
}

/** The places that a thread was at within a while: those of its calls, and of its callbacks. */
export function lately(row: TimelineRow, since: number, most: number): SourceLine[] {
  const places = new Map<string, SourceLine>();
  for (const kept of [row.callbacks, row.calls]) {
    for (let index = kept.length - 1; index >= 0 && places.size < most; index -= 1) {
      const one = kept[index];
      if (!one || (one.end ?? Infinity) < since || kept.length - index > 500) break;
      const { place } = one;
      if (place) places.set(`${place.file}:${place.line}`, place);
    }
  }
  return [...places.values()];
}
