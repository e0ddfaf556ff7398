/**
 * What crosses the WebSocket between a lab on a page and the sandbox server: the one definition,
 * imported by both ends. Control messages are JSON text frames; the bytes of terminals are binary
 * frames.
 *
 * A session outlives its WebSocket. What a session says, in either direction, carries the next number
 * of that direction’s sequence (`sequence.ts`), and is kept until the other end has acknowledged it.
 * A page that has lost its WebSocket opens another, says `resume` with the session’s token and what it
 * has received, and is told `resumed` with what the server has; both then send the rest again. Only
 * `start`, `resume`, `resumed`, `gone` and `ack` are about the connection itself, and have no number.
 */
import * as z from 'zod/mini';
import { checkRecordSchema, seedSchema } from './check-result.ts';
import { CLIENT_STATES } from './client-feed.ts';
import { crowdFields, crowdOrderFields } from './crowd.ts';
import { kernelFields } from './kernel-view.ts';
import { measureOrderSchema, measureRecordSchema } from './measure.ts';
import { MOST_ENTRIES, timelineEntrySchema } from './timeline.ts';

/** Raised by one whenever an older page could misread a newer server, or the reverse. */
export const PROTOCOL_VERSION = 8;

/**
 * The path of the WebSocket on the server. Where several servers are behind one balancer, a page says by
 * what follows which of them will do; here, any.
 */
export const SESSION_PATH = '/session';

/** Only a server with a free place will do. One without answers 503, and a balancer asks the next. */
export const PLACE_PATH = `${SESSION_PATH}/now`;

/** Only the server of this name will do: the session is there. {@link serverPath} */
const SERVER_PATH = `${SESSION_PATH}/at/`;

/** The name of a server: what can be a host’s, RFC 1123, since a container’s name is one. */
export const SERVER_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The path by which a page comes back to the server that has its session. */
export function serverPath(server: string): string {
  return SERVER_PATH + server;
}

/** Which servers will do for a WebSocket. */
export type Asked =
  | { readonly kind: 'any' }
  | { readonly kind: 'place' }
  | { readonly kind: 'server'; readonly name: string };

/**
 * Which servers a path asks for.
 * @param path anything; without what the site is served below
 * @returns undefined if it is no path of a WebSocket
 */
export function askedBy(path: string): Asked | undefined {
  if (path === SESSION_PATH) return { kind: 'any' };
  if (path === PLACE_PATH) return { kind: 'place' };
  const name = path.startsWith(SERVER_PATH) ? path.slice(SERVER_PATH.length) : '';
  return SERVER_PATTERN.test(name) ? { kind: 'server', name } : undefined;
}

/**
 * How often each end looks whether it has heard anything of the other, in milliseconds. The server
 * then says something, so that a page hears of it at least as often.
 */
export const HEARTBEAT = 10_000;

/** After so many heartbeats without a word, an end gives the connection up at the next: 30 to 40 s in all. */
export const MISSED_BEATS = 3;

/** Close codes of the WebSocket that are this protocol’s own: RFC 6455, 7.4.2. */
export const CLOSE_CODES = {
  /** The page hears nothing any more and comes back on another WebSocket. */
  givenUp: 4000,
  /** The page has come back on another WebSocket. */
  replaced: 4001,
} as const;

/** The largest frame a page may send, in bytes; a larger one is answered with an error. */
export const MAX_CLIENT_FRAME = 64 * 1024;

/** The most files that a reader’s edits of a lab may be. */
export const MAX_EDITS = 8;

/** The most bytes of UTF-8 that one of them may have. */
export const MAX_EDIT = 64 * 1024;

/**
 * The largest message that begins a session, in bytes: JSON writes what a program’s text has, its ends of
 * lines and quotation marks, in twice the bytes at most, since {@link UNSHOWN} are not taken.
 */
export const MAX_START_FRAME = 2 * MAX_EDITS * MAX_EDIT + 2048;

/** The most mistakes of a reader’s programs that are told at once. */
export const MAX_FAULTS = 20;

/** What no text of a program has: the characters below the blank that are neither a tab nor an end of a line. */
export const UNSHOWN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** A file of a lab that a reader may have a version of their own of. */
export const PROGRAM_FILE_PATTERN = /^[a-z0-9][a-z0-9-]{0,59}\.ts$/;

/** The most bytes of input put into one frame; a long paste is cut into several. */
export const MAX_INPUT = 16 * 1024;

/** The most clients a session may have open at once. */
export const MAX_CLIENTS = 8;

/** The name of a lab, a program’s terminal, a client or a way to run. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,31}$/;

/** The rungs of isolation: how well a session is kept apart from its computer, safest first. */
export const ISOLATION_NAMES = ['bubblewrap', 'unshare', 'none'] as const;
/** How well a session is kept apart from its computer. */
export type IsolationName = (typeof ISOLATION_NAMES)[number];

/** What a process can be to its lab. */
export const ROLES = ['server', 'program', 'client'] as const;
/** What a process is to its lab: the server program, one beside it, or a client. */
export type Role = (typeof ROLES)[number];

/** The most processes of a program that a page is told of: a tree of as many may lack some. */
export const MAX_TREE = 24;

/** The largest terminal that a process gets, in characters; a page that has more room shows a part. */
export const MAX_COLS = 500;
/** See {@link MAX_COLS}. */
export const MAX_ROWS = 300;

const count = z.int().check(z.nonnegative());
const processId = z.int().check(z.positive(), z.maximum(0xffff_ffff));
/** What only the page of a session knows, and comes back with: 128 bits in base64url. */
const token = z.string().check(z.regex(/^[\w-]{22}$/));
const terminalName = z.string().check(z.regex(NAME_PATTERN));
const terminalSize = {
  cols: z.int().check(z.minimum(2), z.maximum(MAX_COLS)),
  rows: z.int().check(z.minimum(1), z.maximum(MAX_ROWS)),
};
/** A terminal's size in characters. */
export type TerminalSize = Readonly<z.infer<z.ZodMiniObject<typeof terminalSize>>>;
/** The size where there is no terminal to measure: that of the VT100, which everybody took over. */
export const DEFAULT_SIZE: TerminalSize = { cols: 80, rows: 24 };

/** How a process came to its end. */
const processEndSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exited'), code: z.int() }),
  z.strictObject({ kind: z.literal('signaled'), signal: z.string() }),
  /** The reader clicked Stop, or the session ended. */
  z.strictObject({ kind: z.literal('stopped') }),
  /** It never ran. */
  z.strictObject({ kind: z.literal('failed'), message: z.string() }),
]);
/** How a process came to its end. */
export type ProcessEnd = z.infer<typeof processEndSchema>;

/** What the gauges of a lab can show of one program, with all its processes. */
const gauges = {
  /** Processes of the program that run or wait, the first one included. */
  processes: z.optional(count),
  /** Processes of it that have ended, and whose parent has not asked how: wait(2), NOTES. */
  zombies: z.optional(count),
  /** Threads, over all its processes. */
  threads: z.optional(count),
  /** The share of time in which its threads run or wait for a processor; 1 for one thread that never rests. */
  cpu: z.optional(z.number().check(z.nonnegative())),
  /** Memory in bytes, each shared page divided among those who share it: PSS of proc_pid_smaps(5). */
  memory: z.optional(count),
  /** Open descriptors, over all its processes. */
  descriptors: z.optional(count),
  /** System calls a second that it makes through `libevent-ts`. */
  calls: z.optional(count),
  /** Such calls for each line of a crowd that is answered, but for those that accept and close; none while there is no crowd. */
  callsPerLine: z.optional(z.number().check(z.nonnegative())),
};
/** The schema of the name of a gauge. */
export const gaugeSchema = z.keyof(z.strictObject(gauges));
/** The name of a gauge. */
export type Gauge = z.infer<typeof gaugeSchema>;

/** What is measured of a program with all its processes; only what the lab asks for. */
const figuresSchema = z.strictObject({
  ...gauges,
  /** Calls a second of the most frequent one: `recv`. */
  mostCalled: z.optional(z.strictObject({ name: z.string(), count })),
});
/** What is measured of a program with all its processes. */
export type Figures = z.infer<typeof figuresSchema>;

/** What a session has a budget of, over all its processes. */
const budgetResourceSchema = z.enum(['memory', 'processes', 'processor', 'descriptors']);
/** What a session has a budget of, over all its processes. */
export type BudgetResource = z.infer<typeof budgetResourceSchema>;

const encoder = new TextEncoder();

/** What a text takes in UTF-8, in bytes. */
export function sizeOfText(text: string): number {
  return encoder.encode(text).length;
}

const editSchema = z.strictObject({
  file: z.string().check(z.regex(PROGRAM_FILE_PATTERN)),
  text: z.string().check(
    z.refine((text) => sizeOfText(text) <= MAX_EDIT),
    z.refine((text) => !UNSHOWN.test(text)),
  ),
});
/** A reader’s own version of a program of the lab. */
export type Edit = Readonly<z.infer<typeof editSchema>>;

/** Whether a list is as short as it has to be: a long one could have as many things wrong with it. */
const isShort = z.array(z.unknown()).check(z.maxLength(MAX_EDITS));

const editsSchema = z.pipe(
  z.custom<Edit[]>((value) => isShort.safeParse(value).success),
  z
    .array(editSchema)
    .check(z.refine((edits) => new Set(edits.map(({ file }) => file)).size === edits.length)),
);

/** What is wrong in a reader’s version of a program, so that it can’t run. */
const faultSchema = z.strictObject({
  file: z.string().check(z.regex(PROGRAM_FILE_PATTERN)),
  /** From 1, in the text as the reader wrote it; its lines end with `\n`, `\r\n` or `\r`. */
  line: z.int().check(z.positive()),
  /** From 1, in units of UTF-16. */
  column: z.int().check(z.positive()),
  /** In a sentence, without the place. */
  message: z.string(),
});
/** What is wrong in a reader’s version of a program, so that it can’t run. */
export type Fault = Readonly<z.infer<typeof faultSchema>>;

/** Why a session ended, as the server says it. */
const sessionEndSchema = z.discriminatedUnion('kind', [
  /** The lab’s server program ended by itself. */
  z.strictObject({ kind: z.literal('finished'), end: processEndSchema }),
  z.strictObject({ kind: z.literal('stopped') }),
  z.strictObject({ kind: z.literal('time-limit'), seconds: count }),
  z.strictObject({ kind: z.literal('output-limit'), bytes: count }),
  /** Nothing had happened in it for so many seconds, and another run waited for a place. */
  z.strictObject({ kind: z.literal('yielded'), seconds: count }),
  /** It used more than its budget: `most` are bytes, processes and threads, processors, or descriptors. */
  z.strictObject({
    kind: z.literal('budget'),
    resource: budgetResourceSchema,
    most: z.number().check(z.nonnegative()),
  }),
  z.strictObject({ kind: z.literal('no-room'), message: z.string() }),
  /** The reader’s own programs have mistakes, the first of them this; nothing was run. */
  z.strictObject({ kind: z.literal('faulty'), count, first: faultSchema }),
  /** The server does not run what was asked for: an unknown lab, another protocol version, one too many. */
  z.strictObject({ kind: z.literal('refused'), message: z.string() }),
  z.strictObject({ kind: z.literal('failed'), message: z.string() }),
  /** The sandbox server itself is going down. */
  z.strictObject({ kind: z.literal('shutdown') }),
]);
/** Why a session ended, as the server says it. */
export type SessionEnd = z.infer<typeof sessionEndSchema>;

/** How many frames of a sequence have been received: the number of the next one. */
const received = count;

/** What a page may say. */
export const clientMessageSchema = z.discriminatedUnion('type', [
  /** The first message, which begins a session. With edits it can be long, and its `type` comes first in it. */
  z.strictObject({
    type: z.literal('start'),
    version: z.int(),
    lab: terminalName,
    /** Which of the server program’s ways to take; the first without it. */
    way: z.optional(terminalName),
    /** The reader’s own versions of programs of the lab, to be run in place of these. */
    edits: z.optional(editsSchema),
    /**
     * Check the exercise instead of running its programs and clients: with this seed, or with null one of
     * the server's. The checker is then the process `server`.
     */
    check: z.optional(z.nullable(seedSchema)),
    /** What is to be measured, in a lab that is a measurement; without it, what is usual there. */
    measure: z.optional(measureOrderSchema),
    ...terminalSize,
  }),
  /** The first message, instead, of a page that comes back to its session. */
  z.strictObject({ type: z.literal('resume'), version: z.int(), token, received }),
  /** What has come need not be kept any longer. */
  z.strictObject({ type: z.literal('ack'), received }),
  /** Start a program that starts on demand. */
  z.strictObject({
    type: z.literal('launch'),
    seq: count,
    program: terminalName,
    way: z.optional(terminalName),
    ...terminalSize,
  }),
  /** Connect a client; without a name the server takes the next free one. */
  z.strictObject({
    type: z.literal('connect'),
    seq: count,
    client: z.optional(terminalName),
    ...terminalSize,
  }),
  z.strictObject({ type: z.literal('resize'), seq: count, process: processId, ...terminalSize }),
  /** Whether the reader can see the lab: what nobody sees is not measured. Without it, it is seen. */
  z.strictObject({ type: z.literal('watch'), seq: count, watched: z.boolean() }),
  /** Send a crowd of so many clients, or change the one that is there; with a count of 0 it goes. */
  z.strictObject({ type: z.literal('crowd'), seq: count, ...crowdOrderFields }),
  z.strictObject({ type: z.literal('stop'), seq: count }),
]);
/** What a page may say. */
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** What a page has to know to come back to its session, whether that runs or waits for a place. */
const comingBack = {
  seq: count,
  version: z.int(),
  token,
  /** For so many seconds the session waits for a page that it has lost. */
  hold: count,
  /** The name of the server that the session is on, which a page comes back to; without it, any will do. */
  server: z.optional(z.string().check(z.regex(SERVER_PATTERN))),
};

/** What the server may say. */
const serverMessageSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    ...comingBack,
    session: z.string(),
    isolation: z.enum(ISOLATION_NAMES),
    /** After this many seconds the session ends. */
    seconds: count,
  }),
  /**
   * There is no place now: the session is in the queue. Said again when it has moved up; `welcome`
   * follows when it is let in.
   */
  z.strictObject({
    type: z.literal('queued'),
    ...comingBack,
    /** How many sessions are before it in the queue. */
    ahead: count,
    /** After about so many seconds it is let in; left out when there is nothing to tell by. */
    wait: z.optional(count),
    /** It waits since another measurement is under way on this computer: two at once would measure neither. */
    measuring: z.optional(z.literal(true)),
  }),
  /** Nothing has happened in the session for a while, or something happens again. */
  z.strictObject({
    type: z.literal('idle'),
    seq: count,
    idle: z.boolean(),
    /** After so many seconds without anything a session is idle. */
    seconds: count,
  }),
  z.strictObject({
    type: z.literal('started'),
    seq: count,
    process: processId,
    /** The terminal it belongs to: `server`, `alice`, … */
    name: terminalName,
    role: z.enum(ROLES),
  }),
  /** How a client’s connection is now. */
  z.strictObject({
    type: z.literal('client'),
    seq: count,
    process: processId,
    state: z.enum(CLIENT_STATES),
  }),
  /** The server program listens. */
  z.strictObject({ type: z.literal('ready'), seq: count, process: processId }),
  /** What the gauges of a lab show of one of its programs, a few times a second while it changes. */
  z.strictObject({
    type: z.literal('gauges'),
    seq: count,
    process: processId,
    figures: figuresSchema,
    /** Its processes, each after its parent; the first ones only, if there are many. */
    tree: z.array(
      z.strictObject({
        /** As the program itself knows it. */
        pid: count,
        /** The parent’s; 0 for the program’s first process. */
        parent: count,
        threads: count,
        /** It has ended, and its parent has not asked for its exit status. */
        zombie: z.optional(z.literal(true)),
        /** The client whose connection it alone has, apart from its parent. */
        client: z.optional(terminalName),
      }),
    ),
  }),
  /** A program is about to call select(2), or has come back from it. */
  z.strictObject({
    type: z.literal('select'),
    seq: count,
    process: processId,
    /** False before the call, when the sets are those that are asked about. */
    returned: z.boolean(),
    /** The first argument, one more than the highest descriptor; only before the call. */
    nfds: z.optional(count),
    read: z.array(count),
    write: z.array(count),
    /** What calls since the last such message were asked about, too, and the latest is not. */
    was: z.optional(z.strictObject({ read: z.array(count), write: z.array(count) })),
  }),
  /** What a program, or a client, has done since the last such message. */
  z.strictObject({
    type: z.literal('timeline'),
    seq: count,
    process: processId,
    entries: z.array(timelineEntrySchema).check(z.maxLength(MOST_ENTRIES)),
    /** So many calls more could not be told of, since the page or the server was behind. */
    lost: z.optional(count),
  }),
  /** What the kernel holds for the run, a few times a second while it changes. */
  z.strictObject({ type: z.literal('kernel'), seq: count, ...kernelFields }),
  /** How the crowd is, a few times a second while it is there; null when it is gone. */
  z.strictObject({ type: z.literal('crowd'), seq: count, ...crowdFields }),
  z.strictObject({
    type: z.literal('ended'),
    seq: count,
    process: processId,
    end: processEndSchema,
  }),
  /** What is wrong in the reader’s own programs; the end of the session follows. */
  z.strictObject({
    type: z.literal('faults'),
    seq: count,
    faults: z.array(faultSchema).check(z.minLength(1), z.maxLength(MAX_FAULTS)),
  }),
  /** How the check of an exercise goes. The last one that has passed or failed is its result. */
  z.strictObject({ type: z.literal('checked'), seq: count, record: checkRecordSchema }),
  /** What a measurement has found. */
  z.strictObject({ type: z.literal('measured'), seq: count, record: measureRecordSchema }),
  /** The last message of a session; the server then closes the WebSocket. */
  z.strictObject({ type: z.literal('session-ended'), seq: count, end: sessionEndSchema }),
  /** Something the page sent could not be taken. The session goes on. */
  z.strictObject({ type: z.literal('error'), seq: count, message: z.string() }),
  /** As the page’s; also the heartbeat. */
  z.strictObject({ type: z.literal('ack'), received }),
  /** The session goes on here. */
  z.strictObject({ type: z.literal('resumed'), received }),
  /** There is no session to resume. */
  z.strictObject({ type: z.literal('gone') }),
]);
/** What the server may say. */
export type ServerMessage = z.infer<typeof serverMessageSchema>;

/** A message that has a place in its sequence. */
export type Numbered<M> = Extract<M, { seq: number }>;
/** A message before it has its place in the sequence. */
export type Unnumbered<M> = M extends { seq: number } ? Omit<M, 'seq'> : never;
/** A message about the connection, which is of no sequence. */
export type Aside<M> = M extends { seq: number } ? never : M;

/**
 * What keeps a server from opening a WebSocket: the page is of another site, or of a name that the
 * server does not go by; too many are open, in all or from the reader’s address; or the server is about
 * to end.
 */
export const DOOR_REFUSALS = ['origin', 'sockets', 'reader-sockets', 'draining'] as const;
/** What keeps a server from opening a WebSocket. */
export type DoorRefusal = (typeof DOOR_REFUSALS)[number];

/**
 * What the server answers a plain GET of {@link SESSION_PATH}, where a page asks why no WebSocket opened,
 * which a browser does not tell it, or whether edits are allowed. The page says in the query which `origin`
 * it has, and the answer’s status is 200. Without that, it is 426: only a WebSocket is opened here.
 */
const doorSchema = z.strictObject({
  /** Why it would not open one to this page, or null if it would. */
  refuses: z.nullable(z.enum(DOOR_REFUSALS)),
  /** How many may be open from the reader’s address, if that is why. */
  most: z.optional(count),
  /** Why the server runs no program that a reader wrote, in a sentence for the reader; null if it does. */
  edits: z.nullable(z.string()),
});
/** What the server answers a plain request for {@link SESSION_PATH}. */
export type Door = z.infer<typeof doorSchema>;

/** Thrown for a frame that is not of this protocol; its message says what was wrong. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

function parseJson<T extends z.ZodMiniType>(schema: T, text: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError('the message is not JSON');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.length ? `“${issue.path.join('.')}”` : 'the message';
  throw new ProtocolError(`${where} is not as the protocol says: ${issue?.code ?? 'unknown'}`);
}

/**
 * Reads a text frame of a page.
 * @throws ProtocolError
 */
export function parseClientMessage(text: string): ClientMessage {
  return parseJson(clientMessageSchema, text);
}

/**
 * Reads a server’s answer to a plain request for {@link SESSION_PATH}.
 * @throws ProtocolError
 */
export function parseDoor(text: string): Door {
  return parseJson(doorSchema, text);
}

/**
 * Reads a text frame of the server.
 * @throws ProtocolError
 */
export function parseServerMessage(text: string): ServerMessage {
  return parseJson(serverMessageSchema, text);
}

const HEADER = 8;

/** A binary frame: sequence number, process id (uint32 each, big-endian), then what it printed or is typed. */
export function encodeBytes(
  seq: number,
  process: number,
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, seq);
  view.setUint32(4, process);
  frame.set(bytes, HEADER);
  return frame;
}

/**
 * Reads a binary frame; `bytes` is a view of the frame.
 * @throws ProtocolError
 */
export function decodeBytes(frame: Uint8Array): {
  seq: number;
  process: number;
  bytes: Uint8Array;
} {
  if (frame.length < HEADER) throw new ProtocolError('the binary frame has no header');
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return { seq: view.getUint32(0), process: view.getUint32(4), bytes: frame.subarray(HEADER) };
}
