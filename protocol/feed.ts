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
const MOST_NAMES = 100;

/** What a system call can be named. */
const callName = z.string().regex(/^[a-z_][a-z0-9_]{0,31}$/);

const countsRecord = z.object({
  type: z.literal('counts'),
  counts: z
    .record(callName, z.number().int().nonnegative().max(MOST_CALLS))
    .refine((counts) => Object.keys(counts).length <= MOST_NAMES),
});
const members = z
  .array(
    z
      .int()
      .nonnegative()
      .max(FD_SETSIZE - 1),
  )
  .max(FD_SETSIZE)
  .refine((all) => new Set(all).size === all.length);
const selectRecord = z.object({
  type: z.enum(['enter', 'exit']),
  call: z.literal('select'),
  /** The first is the number of bits to look at. */
  args: z.tuple([z.string().regex(/^\d{1,4}$/)], z.string()).optional(),
  sets: z.object({ read: members, write: members }).optional(),
});
const clientRecord = z.object({ type: z.literal('client'), state: z.enum(CLIENT_STATES) });
const record = z.union([countsRecord, selectRecord, clientRecord]);

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
function setsOf(sets: z.output<typeof selectRecord>['sets']): Pick<SelectCall, 'read' | 'write'> {
  return { read: sets?.read ?? [], write: sets?.write ?? [] };
}
