/**
 * What a run's timeline is made of: each system call as it is entered and left, each callback of an event
 * base, and each line that a client sends or receives. Times are in milliseconds since the run began, by
 * the server's clock.
 */
import * as z from 'zod/mini';

/** The most entries of one message. */
export const MOST_ENTRIES = 1000;
/** The longest text of arguments, of a result, or of what a callback is for, in characters. */
export const LONGEST_WORDS = 200;

const count = z.int().check(z.nonnegative());
const time = z.number().check(z.nonnegative());
const words = z.string().check(z.maxLength(LONGEST_WORDS));

/** Which thread of which process: `pid` as the program itself knows it, thread 0 for the main one. */
const row = { pid: count, thread: count };

/** One thing on a timeline. */
export const timelineEntrySchema = z.discriminatedUnion('kind', [
  /** A call is entered. It blocks, or goes on, until `left` with the same row and id. */
  z.strictObject({
    kind: z.literal('entered'),
    ...row,
    /** The number of the call within its row; it only grows. */
    id: count,
    /** As the manual has it: `recv`. */
    name: z.string().check(z.regex(/^[a-z_][a-z0-9_]{0,31}$/)),
    /** Its arguments in words, with commas between: `21, 4096 bytes`. */
    args: words,
    /** The descriptor that it is about, if its first argument is one. */
    fd: z.optional(count),
    /** Where in the lab's own programs it was made, if that was found out. */
    file: z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,59}\.ts$/))),
    line: z.optional(z.int().check(z.positive())),
    at: time,
  }),
  z.strictObject({
    kind: z.literal('left'),
    ...row,
    id: count,
    /** What it returned, or why it failed, in words: `15, "hello\n"`, `EAGAIN`. */
    result: words,
    at: time,
  }),
  /** A callback of an event base begins. Callbacks nest: a deferred one can be run within another. */
  z.strictObject({
    kind: z.literal('called'),
    ...row,
    id: count,
    /** What for: `EV_READ`, `EV_TIMEOUT`, `accept`, `read`, `event`. */
    what: words,
    fd: z.optional(count),
    /** Where the function that runs begins, if that was found out. */
    file: z.optional(z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,59}\.ts$/))),
    line: z.optional(z.int().check(z.positive())),
    at: time,
  }),
  z.strictObject({ kind: z.literal('returned'), ...row, id: count, at: time }),
  /** There were too many: so many calls, and callbacks, between two times are only counted. */
  z.strictObject({ kind: z.literal('folded'), ...row, at: time, until: time, calls: count }),
  /** A client has sent, or received, so many bytes that end a line. */
  z.strictObject({
    kind: z.literal('line'),
    way: z.enum(['sent', 'received']),
    bytes: count,
    at: time,
  }),
]);
/** One thing on a timeline. */
export type TimelineEntry = Readonly<z.infer<typeof timelineEntrySchema>>;
/** One kind of thing on a timeline. */
export type TimelineEntryOf<K extends TimelineEntry['kind']> = Extract<TimelineEntry, { kind: K }>;
