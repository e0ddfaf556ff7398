import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { missingUring } from './echo.ts';
import { buildPeer } from './peers.ts';
import { table } from './report.ts';
import { median, percentile } from './statistics.ts';

const SCRIPT = join(import.meta.dirname, '..', 'scripts', 'bench.ts');
const libevent = buildPeer('libevent', ['event_core']);
/** Without a compiler and libevent there is nobody to compare with. */
const skip = 'missing' in libevent && `needs ${libevent.missing}`;
const SERVERS = [
  ...['libevent-ts', 'libevent-ts, io_uring', 'node:net', 'C libevent'],
  ...['bare C epoll', 'bare C io_uring'],
];
const hasUring = missingUring() === null;
/** What is measured where there is no io_uring; the rows of the others say that it is missing. */
const MEASURED = SERVERS.filter((server) => hasUring || !server.includes('io_uring'));

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const flags = ['--disable-warning=ExperimentalWarning', SCRIPT];
  return spawnSync(process.execPath, [...flags, ...args], { encoding: 'utf8', timeout: 110_000 });
}

/** Runs a benchmark as short as can be, and returns the rows of its JSON. */
function rows<T>(name: string, row: z.ZodType<T>, ...more: string[]): T[] {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const file = join(folder, 'rows.json');
    const short = ['--seconds', '0.02', '--rounds', '1', '--json', file];
    const { status, stdout, stderr } = bench(name, ...short, ...more);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.match(stdout, /^\w+ .*\n─/, 'a table');
    assert.match(stdout, /Linux .*, Node .*, commit /);
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return z.object({ [name]: z.array(row) }).parse(json)[name] ?? [];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rate = z.object({
  server: z.string(),
  perSecond: z.number().positive().optional(),
  missing: z.string().optional(),
});

test('echo: every load on every server', { skip }, () => {
  const found = rows(
    'echo',
    rate.extend({ connections: z.number().optional(), size: z.number().optional() }),
  );
  const loads = [
    [1, 64],
    [50, 64],
    [200, 64],
    [8, 65536],
  ];
  assert.deepEqual(
    found.flatMap(({ server, missing, connections, size }) =>
      missing === undefined ? [[server, connections, size]] : [],
    ),
    loads.flatMap((load) => MEASURED.map((server) => [server, ...load])),
  );
});

test('accept: every server', { skip }, () => {
  const found = rows('accept', rate);
  assert.deepEqual(
    found.flatMap(({ server, missing }) => (missing === undefined ? [server] : [])),
    MEASURED,
  );
});

test('dispatch: every method of both libraries', { skip }, () => {
  const row = z.object({
    library: z.string(),
    method: z.string(),
    pipes: z.number(),
    microseconds: z.number().positive(),
  });
  const found = rows('dispatch', row).filter(({ pipes }) => pipes === 100);
  assert.deepEqual(
    found.map(({ library, method }) => `${method} ${library}`),
    ['select', 'poll', 'epoll'].flatMap((method) => [
      `${method} libevent-ts`,
      `${method} C libevent`,
    ]),
  );
});

test('memory: fresh connections and used ones', { skip }, () => {
  const row = z.object({ server: z.string(), state: z.string().optional() });
  const found = rows('memory', row).filter(({ state }) => state !== undefined);
  const states = ['fresh', 'after a message'];
  assert.deepEqual(
    found.map(({ server, state = '' }) => `${server} ${state}`),
    MEASURED.filter((server) => !server.startsWith('bare C')).flatMap((server) =>
      states.map((state) => `${server} ${state}`),
    ),
  );
});

test('soak: idle connections are kept, busy ones lose nothing', () => {
  const row = z.object({ server: z.string(), idle: z.number(), bytes: z.number().positive() });
  const [found] = rows('soak', row);
  assert.equal(found?.server, 'libevent-ts');
  // A fiftieth of a second's worth of a thousand, each of which answered.
  assert.equal(found.idle, 20);
});

test('labs: starts, and echoes beside a hog and a full house', () => {
  const row = z.object({
    what: z.string(),
    beside: z.string(),
    clicks: z.string().optional(),
    lost: z.literal(0),
  });
  // The kindest to what else the computer does.
  const found = rows('labs', row, '--hogs', 'sockets');
  const starts = ['start to first byte', 'start to ready', 'start to clients'];
  const edited = ['edited, start to first byte', 'edited, start to clients'];
  const clicked = ['cold', 'one a second', 'now and then'];
  const others = ['echo of a line', 'start to first byte'];
  const hog = '3,000 pairs of Unix sockets, all full';
  assert.deepEqual(
    found.map(({ what, beside, clicks = '' }) => `${clicks} ${what}, ${beside}`.trim()),
    [
      // Hundredths of what is held in a second's effort.
      ...clicked.flatMap((clicks) =>
        ['nothing', '1 held', '2 held'].flatMap((beside) =>
          starts.map((what) => `${clicks} ${what}, ${beside}`),
        ),
      ),
      ...clicked.flatMap((clicks) => edited.map((what) => `${clicks} ${what}, nothing`)),
      ...[hog, '2 runs whose clients type a line a second', `the same, and ${hog}`].flatMap(
        (beside) => others.map((what) => `${what}, ${beside}`),
      ),
    ],
  );
});

test('ends: after runs that end in every way, nothing is left', () => {
  const { status, stdout, stderr } = bench('ends', '--count', '40');
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^Nothing is left\.$/m);
  assert.match(stderr, /^--seed \d+\n$/, 'what it takes to have the same again, and no complaint');
});

for (const [args, message] of [
  [[], /Name one benchmark/],
  [['sprint'], /There is no benchmark “sprint”/],
  [['echo', 'accept'], /Name one benchmark/],
  [['echo', '--seconds', '0'], /--seconds is a number above 0/],
  [['echo', '--rounds', 'x'], /--rounds is a number above 0/],
  [['echo', '--slowly'], /Unknown option/],
  [['ends', '--count', '0'], /--count is a number above 0/],
] as const) {
  test(`the command line “${args.join(' ')}” is refused`, () => {
    const { status, stderr } = bench(...args);
    assert.match(stderr, message);
    assert.match(stderr, /^Usage: npm run bench -- NAME/m);
    assert.equal(status, 2);
  });
}

test('median and percentile', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.throws(() => median([]), RangeError);
  assert.equal(percentile([1, 2, 3], 1), 3);
  assert.equal(percentile([0, 10], 0.95), 9.5);
  assert.throws(() => percentile([], 0.5), RangeError);
});

test('a table has each column once, numbers to the right', () => {
  const text = table([
    { server: 'one', perSecond: 1234 },
    { server: 'another', missing: 'cc' },
  ]);
  assert.equal(
    text,
    'server   perSecond  missing\n───────  ─────────  ───────\none          1,234\nanother             cc',
  );
});
