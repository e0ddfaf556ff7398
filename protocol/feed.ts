/**
 * What comes through a feed, the pipe from a process inside a sandbox to the server, a line of JSON each:
 * from a program’s library its system calls (`TraceRecord` and `CountsRecord` of `libevent-ts`), from a
 * client of ours how its connection is. Any program can write there what it likes.
 */
import * as z from 'zod';
import { CLIENT_STATES, type ClientState } from './client-feed.ts';

/** FD_SETSIZE of select(2): an fd_set has no bit for more, and a page draws no more. */
const FD_SETSIZE = 1024;
/** No program makes more calls of one kind between two reports. */
const MOST_CALLS = 1e9;
/** More names than the library traces calls; a program that names others makes them up. */
export const MOST_CALL_NAMES = 100;
/** The longest line that there is a reason for, in bytes: three full sets, and their words. */
export const LONGEST_FEED_LINE = 16 * 1024;

/** What a system call can be named. */
const CALL_NAME = /^[a-z_][a-z0-9_]{0,31}$/;

// Of these two any program decides how long they are. They are looked at by hand, and first at their
// size: a schema for each element takes a tenth of a second for a line of lies.
const counts = z.custom<Readonly<Record<string, number>>>((value) => {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_CALL_NAMES &&
    entries.every(([name, count]) => CALL_NAME.test(name) && isWhole(count, MOST_CALLS))
  );
});
const members = z.custom<readonly number[]>((value) => {
  if (!Array.isArray(value) || value.length > FD_SETSIZE) return false;
  return value.every((fd, index) => {
    // The library names them in order, so that none is there twice.
    return isWhole(fd, FD_SETSIZE - 1) && (index === 0 || fd > value[index - 1]);
  });
});

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

const selectFields = {
  call: z.literal('select'),
  /** The first is the number of bits to look at. */
  args: z.tuple([z.string().regex(/^\d{1,4}$/)], z.string().max(LONGEST_FEED_LINE)).optional(),
  sets: z.object({ read: members, write: members }).optional(),
};
const record = z.discriminatedUnion('type', [
  z.object({ type: z.literal('counts'), counts }),
  z.object({ type: z.literal('client'), state: z.enum(CLIENT_STATES) }),
  z.object({ type: z.literal('enter'), ...selectFields }),
  z.object({ type: z.literal('exit'), ...selectFields }),
]);
type SelectSets = { readonly read: readonly number[]; readonly write: readonly number[] };

/** A call of select(2), before it or after it. */
export interface SelectCall {
  readonly returned: boolean;
  /** The first argument, one more than the highest descriptor; not known after the call. */
  readonly nfds?: number;
  readonly read: readonly number[];
  readonly write: readonly number[];
}

/** What a line of a feed says. */
export type FeedItem =
  | { readonly kind: 'counts'; readonly counts: Readonly<Record<string, number>> }
  | ({ readonly kind: 'select' } & SelectCall)
  | { readonly kind: 'client'; readonly state: ClientState };

/** Reads a line; undefined for what is of no interest here, or not of this format. */
export function readFeed(line: string): FeedItem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { data } = record.safeParse(value);
  switch (data?.type) {
    case undefined:
      return undefined;
    case 'counts':
      return { kind: 'counts', counts: data.counts };
    case 'client':
      return { kind: 'client', state: data.state };
    case 'enter': {
      const [nfds = '0'] = data.args ?? [];
      // An fd_set has no more bits, whatever is claimed.
      const looksAt = Math.min(Number(nfds), FD_SETSIZE);
      return { kind: 'select', returned: false, nfds: looksAt, ...setsOf(data.sets) };
    }
    case 'exit':
      return { kind: 'select', returned: true, ...setsOf(data.sets) };
  }
}

/** A call that failed has no sets: it has found nothing. */
function setsOf(sets: SelectSets | undefined): SelectSets {
  return { read: sets?.read ?? [], write: sets?.write ?? [] };
}
