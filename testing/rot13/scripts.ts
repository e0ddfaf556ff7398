/** Scripts of clients for the ROT13 servers, what the servers must answer, and how transcripts are kept. */
import * as z from 'zod';

/** The longest line, without its end. */
export const MAX_LINE = 16384;

/** What a client does, in order: it sends chunks, each with one write, and shuts its side at the end. */
export interface ScriptedClient {
  readonly chunks: readonly Buffer[];
}

/** Some clients that are connected at the same time, and whose turn it is to send its next chunk. */
export interface Script {
  readonly kind: Kind;
  readonly clients: readonly ScriptedClient[];
  readonly turns: readonly number[];
}

/**
 * What is special about a script. All but the first bring out one bug of the book's programs each.
 * - `plain`: lines that are not too long, whole, in halves, byte by byte and many in a chunk
 * - `long-lines`: around and beyond `MAX_LINE`
 * - `burst`: more than `MAX_LINE` bytes of short lines in one chunk
 * - `pending`: the beginning of a line is always there, for more than `MAX_LINE` bytes in all
 * - `end-at-once`: the last chunk and the end of the client's side come together
 */
export const KINDS = ['plain', 'long-lines', 'burst', 'pending', 'end-at-once'] as const;
export type Kind = (typeof KINDS)[number];

/** The book's programs in C, each with the bugs that make its answers differ from ours. */
export const PROGRAMS = ['fork', 'select', 'libevent', 'bufferevent'] as const;
export type Program = (typeof PROGRAMS)[number];

const SHARES_A_BUFFER =
  'one buffer holds what came in and what goes out: what does not fit is lost, line ends included';

/**
 * Why a program of the book answers a kind of script with other bytes than ours do. design.md,
 * "Behaviour of the ROT13 servers", says in each case that the book is wrong.
 */
export const BUGS: Readonly<Record<Program, Partial<Record<Kind, string>>>> = {
  fork: { 'long-lines': 'the cut comes after 16,385 bytes, and the line end is lost' },
  select: {
    'long-lines': SHARES_A_BUFFER,
    burst: SHARES_A_BUFFER,
    pending: 'the place to write at creeps towards the end of the buffer, where bytes are lost',
    'end-at-once': 'it closes at end of file though answers are still owed',
  },
  libevent: {
    'long-lines': SHARES_A_BUFFER,
    burst: SHARES_A_BUFFER,
    pending: 'the place to write at creeps towards the end of the buffer, where bytes are lost',
    'end-at-once': 'it frees the connection at end of file though answers are still owed',
  },
  bufferevent: {},
};

/** Random numbers that are the same for the same seed: mulberry32. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const LF = 0x0a;
const WORDS = ['Hello', 'world', 'ROT13', 'déjà vu', '你好', 'select(2)', 'NOPQ', 'abc', '', '  '];

type Random = ReturnType<typeof randomNumbers>;

/** A line with its end: words, or any bytes at all, with a CR before the end or without. */
function randomLine(random: Random, longest: number): Buffer {
  const line: number[] = [];
  if (random(4) > 0) {
    for (let left = random(8); left > 0; left--) {
      line.push(...Buffer.from(`${WORDS[random(WORDS.length)] ?? ''} `));
    }
  } else {
    for (let left = random(longest); left > 0; left--) {
      const byte = random(256);
      line.push(byte === LF ? 0 : byte);
    }
  }
  if (random(5) === 0) line.push(0x0d);
  return Buffer.from([...line, LF]);
}

/** One line of so many bytes, made of a few long runs so that a transcript stays small. */
function longLine(random: Random, length: number): Buffer {
  const line = Buffer.alloc(length + 1, 0x61 + random(26));
  for (let runs = random(4); runs > 0; runs--) line.fill(0x41 + random(58), random(length));
  line[length] = LF;
  return line;
}

function randomLength(random: Random): number {
  const near = [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, MAX_LINE + 2, 2 * MAX_LINE];
  return near[random(near.length + 2)] ?? MAX_LINE + random(2 * MAX_LINE);
}

function cut(random: Random, bytes: Buffer, most: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random(random(3) === 0 ? 3 : most);
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

function randomClient(random: Random, kind: Kind): ScriptedClient {
  const lines = (count: number, longest: number): Buffer =>
    Buffer.concat(Array.from({ length: count }, () => randomLine(random, longest)));
  switch (kind) {
    case 'plain': {
      const tail = random(2) === 0 ? Buffer.from('no line end') : Buffer.alloc(0);
      return { chunks: cut(random, Buffer.concat([lines(2 + random(12), 60), tail]), 120) };
    }
    case 'long-lines': {
      const long = longLine(random, randomLength(random));
      const bytes = Buffer.concat([lines(2, 20), long, lines(2, 20), Buffer.from('end')]);
      return { chunks: cut(random, bytes, 12_000) };
    }
    case 'burst': {
      const line = randomLine(random, 20);
      const count = Math.ceil((MAX_LINE + random(MAX_LINE)) / line.length);
      return { chunks: [Buffer.concat(Array<Buffer>(count).fill(line)), lines(2, 20)] };
    }
    case 'pending': {
      const chunk = Buffer.concat([Buffer.alloc(99, 0x61 + random(26)), Buffer.of(LF)]);
      const shifted = Buffer.concat([chunk.subarray(50), chunk.subarray(0, 50)]);
      return { chunks: Array<Buffer>(170 + random(20)).fill(shifted) };
    }
    case 'end-at-once':
      return { chunks: [...cut(random, lines(3, 30), 40), lines(1 + random(3), 30)] };
  }
}

/** Makes a script. The same seed makes the same one. */
export function makeScript(kind: Kind, seed: number): Script {
  const random = randomNumbers(seed);
  const count = kind === 'plain' ? 3 : kind === 'long-lines' ? 2 : 1;
  const clients = Array.from({ length: count }, () => randomClient(random, kind));
  const turns = clients.flatMap(({ chunks }, client) => chunks.map(() => client));
  for (let last = turns.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [turns[last], turns[other]] = [turns[other] ?? 0, turns[last] ?? 0];
  }
  return { kind, clients, turns };
}

/** The letters of ASCII 13 places on, every other byte as it is. */
export function rot13(bytes: Uint8Array): Buffer {
  const turned = bytes.map((byte) => {
    const letter = byte & ~0x20;
    if (letter < 0x41 || letter > 0x5a) return byte;
    return (byte & 0x20) + 0x41 + ((letter - 0x41 + 13) % 26);
  });
  return Buffer.from(turned);
}

/** What design.md says a client that sends this and then shuts its side must get. */
export function answerTo(bytes: Uint8Array, breaksLongLines: boolean): Buffer {
  const parts: Buffer[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(LF, start);
    const line = bytes.subarray(start, end < 0 ? undefined : end);
    if (breaksLongLines && line.length >= MAX_LINE) {
      parts.push(rot13(line.subarray(0, MAX_LINE)), Buffer.of(LF));
      start += MAX_LINE;
      continue;
    }
    if (end < 0) return Buffer.concat(parts);
    parts.push(rot13(line.subarray(0, MAX_LINE)), Buffer.of(LF));
    start = end + 1;
  }
}

/** A run this long is kept as a byte and a number. */
const LONG_RUN = 64;

/** Bytes in a transcript: each character is a byte; a long run of one is the byte and how often. */
const written = z.array(z.union([z.string(), z.tuple([z.string().length(1), z.int()])]));
type Written = z.output<typeof written>;

export function write(bytes: Uint8Array): Written {
  const text = Buffer.from(bytes).toString('latin1');
  const pieces: Written = [];
  for (const [run, character = ''] of text.matchAll(/([^])\1*/g)) {
    const last = pieces.at(-1);
    if (run.length >= LONG_RUN) pieces.push([character, run.length]);
    else if (typeof last === 'string') pieces[pieces.length - 1] = last + run;
    else pieces.push(run);
  }
  return pieces;
}

export function read(pieces: Written): Buffer {
  const texts = pieces.map((piece) =>
    typeof piece === 'string' ? piece : piece[0].repeat(piece[1]),
  );
  return Buffer.from(texts.join(''), 'latin1');
}

/** A script and what the book's programs answered. */
const transcript = z.strictObject({
  kind: z.enum(KINDS),
  turns: z.array(z.int()),
  clients: z.array(
    z.strictObject({
      chunks: z.array(written),
      /** One that is left out answered as `bufferevent` did. */
      answers: z.strictObject({
        bufferevent: written,
        fork: written.optional(),
        select: written.optional(),
        libevent: written.optional(),
      }),
    }),
  ),
});
export const transcriptsSchema = z.array(transcript);
export type Transcript = z.output<typeof transcript>;
