/** What a program’s library tells of its system calls through a pipe: READABLE_TRACE_FD. */
import * as z from 'zod';

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
const selectRecord = z.object({
  type: z.enum(['enter', 'exit']),
  call: z.literal('select'),
  args: z.array(z.string()).optional(),
  result: z.number().optional(),
  out: z.string().optional(),
});
const record = z.union([countsRecord, selectRecord]);

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
  | ({ readonly kind: 'select' } & SelectCall);

/** `{3 5}` as the trace writes a set; NULL is the empty one. */
function readSet(words: string | undefined): number[] {
  const members = (words ?? '').match(/\d+/g)?.map(Number) ?? [];
  return [...new Set(members)].filter((member) => member < FD_SETSIZE);
}

/** Reads a line; undefined for what is of no interest here, or not of this format. */
export function readFeed(line: string): FeedItem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { data } = record.safeParse(value);
  if (!data) return undefined;
  if (data.type === 'counts') return { kind: 'counts', counts: data.counts };
  if (data.type === 'enter') {
    const [nfds = '0', read, write] = data.args ?? [];
    // What the kernel would refuse was made up, or is a mistake: no bit below it is looked at.
    const asked = /^\d{1,4}$/.test(nfds) ? Math.min(Number(nfds), FD_SETSIZE) : 0;
    return {
      kind: 'select',
      returned: false,
      nfds: asked,
      read: readSet(read),
      write: readSet(write),
    };
  }
  const [read, write] = data.out?.match(/\{[^}]*\}|NULL/g) ?? [];
  return { kind: 'select', returned: true, read: readSet(read), write: readSet(write) };
}
