/** What a program’s library tells of its system calls through a pipe: READABLE_TRACE_FD. */
import * as z from 'zod';

const countsRecord = z.object({
  type: z.literal('counts'),
  counts: z.record(z.string(), z.number().int().nonnegative()),
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
  return (words ?? '').match(/\d+/g)?.map(Number) ?? [];
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
    return {
      kind: 'select',
      returned: false,
      nfds: Number(nfds),
      read: readSet(read),
      write: readSet(write),
    };
  }
  const [read, write] = data.out?.match(/\{[^}]*\}|NULL/g) ?? [];
  return { kind: 'select', returned: true, read: readSet(read), write: readSet(write) };
}
