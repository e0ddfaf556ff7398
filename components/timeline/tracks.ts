/** What is on a timeline below each other, and what is where in it. Pure. */
import type {
  Callback,
  Call,
  ClientLine,
  Folded,
  Timeline,
  TimelineRow,
} from '../../lab/timeline.ts';

/** The height of the axis, of the lane of lines, of callbacks, of calls, and between rows, in pixels. */
export const AXIS = 17;
const LANE = 16;
const CALLBACKS = 11;
const CALLS = 15;
const GAP = 5;

/** A strip of the drawing: the clients’ lines, or a row’s callbacks or calls. */
export type Track = { readonly y: number; readonly height: number } & (
  | { readonly kind: 'lines'; readonly lines: readonly ClientLine[] }
  | { readonly kind: 'callbacks'; readonly row: TimelineRow }
  | { readonly kind: 'calls'; readonly row: TimelineRow }
);

/** One thing on a timeline. */
export type Item =
  | { readonly kind: 'call'; readonly row: TimelineRow; readonly call: Call }
  | { readonly kind: 'callback'; readonly row: TimelineRow; readonly callback: Callback }
  | { readonly kind: 'fold'; readonly row: TimelineRow; readonly fold: Folded }
  | { readonly kind: 'line'; readonly line: ClientLine };

/** The tracks of a timeline, below the axis. */
export function tracksOf(
  { rows, lines }: Timeline,
  hasClients: boolean,
): { tracks: Track[]; height: number } {
  const tracks: Track[] = [];
  let y = 3;
  // One for all of them: each has a hue and an initial, and the processes need the room.
  if (hasClients) {
    tracks.push({ kind: 'lines', lines, y, height: LANE });
    y += LANE + GAP;
  }
  for (const row of rows) {
    if (row.callbacks.length > 0) {
      tracks.push({ kind: 'callbacks', row, y, height: CALLBACKS });
      y += CALLBACKS + 1;
    }
    tracks.push({ kind: 'calls', row, y, height: CALLS });
    y += CALLS + GAP;
  }
  return { tracks, height: y };
}

/** When a thing began. */
export function startOf(item: Item): number {
  switch (item.kind) {
    case 'call':
      return item.call.start;
    case 'callback':
      return item.callback.start;
    case 'fold':
      return item.fold.start;
    case 'line':
      return item.line.at;
  }
}

/** When it ended, or now if it goes on. */
export function endOf(item: Item, now: number): number {
  switch (item.kind) {
    case 'call':
      return item.call.end ?? now;
    case 'callback':
      return item.callback.end ?? now;
    case 'fold':
      return item.fold.end;
    case 'line':
      return item.line.at;
  }
}

/** What an item is: the same thing has the same. */
export function thingOf(item: Item): Call | Callback | Folded | ClientLine {
  switch (item.kind) {
    case 'call':
      return item.call;
    case 'callback':
      return item.callback;
    case 'fold':
      return item.fold;
    case 'line':
      return item.line;
  }
}

/** The index of the first thing that began after a time, in a list that is in order. */
export function firstAfter(kept: readonly { readonly start: number }[], time: number): number {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((kept[middle]?.start ?? Infinity) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** All things of a track, in the order in which they began. */
function itemsOf(track: Track): { readonly length: number; at(index: number): Item | undefined } {
  switch (track.kind) {
    case 'lines': {
      const { lines } = track;
      return {
        length: lines.length,
        at: (index) => {
          const line = lines[index];
          return line && { kind: 'line', line };
        },
      };
    }
    case 'callbacks': {
      const { row } = track;
      return {
        length: row.callbacks.length,
        at: (index) => {
          const callback = row.callbacks[index];
          return callback && { kind: 'callback', row, callback };
        },
      };
    }
    case 'calls': {
      const { row } = track;
      return {
        length: row.calls.length,
        at: (index) => {
          const call = row.calls[index];
          return call && { kind: 'call', row, call };
        },
      };
    }
  }
}

/** The thing of a track that is nearest to a time. */
export function nearest(track: Track, time: number): Item | undefined {
  const items = itemsOf(track);
  let best: Item | undefined;
  for (let index = 0; index < items.length; index += 1) {
    const item = items.at(index);
    if (item && (!best || Math.abs(startOf(item) - time) <= Math.abs(startOf(best) - time))) {
      best = item;
    }
  }
  return best;
}

/** The thing before or after one in its track; undefined at either end. */
export function neighbour(track: Track, item: Item, by: 1 | -1): Item | undefined {
  const items = itemsOf(track);
  const thing = thingOf(item);
  for (let index = 0; index < items.length; index += 1) {
    const each = items.at(index);
    if (each && thingOf(each) === thing) return items.at(index + by);
  }
  return undefined;
}

/** How far from a thing one may point to mean it, in milliseconds, is the width of a few pixels. */
export function itemAt(
  track: Exclude<Track, { kind: 'lines' }>,
  time: number,
  tolerance: number,
  now: number,
): Item | undefined {
  switch (track.kind) {
    case 'callbacks': {
      const { row } = track;
      const callback = spanAt(row.callbacks, time, tolerance, now);
      return callback && { kind: 'callback', row, callback };
    }
    case 'calls': {
      const { row } = track;
      const call = spanAt(row.calls, time, tolerance, now);
      if (call) return { kind: 'call', row, call };
      const fold = row.folds.findLast(({ start, end }) => start <= time && time <= end);
      return fold && { kind: 'fold', row, fold };
    }
  }
}

/** The innermost span that holds a time, or else the nearest within a tolerance. */
function spanAt<S extends { readonly start: number; readonly end: number | undefined }>(
  spans: readonly S[],
  time: number,
  tolerance: number,
  now: number,
): S | undefined {
  let best: S | undefined;
  let distance = tolerance;
  // Spans that hold each other are few: nothing that matters began long before.
  const last = firstAfter(spans, time + tolerance) - 1;
  for (let index = last; index >= 0 && index > last - 200; index -= 1) {
    const span = spans[index];
    if (!span) continue;
    const end = span.end ?? now;
    if (span.start <= time && time <= end) return span;
    const away = Math.min(Math.abs(span.start - time), Math.abs(end - time));
    if (away > distance) continue;
    best = span;
    distance = away;
  }
  return best;
}
