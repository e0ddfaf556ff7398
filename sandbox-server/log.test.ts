import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fchmodSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { ROOT } from '../project.ts';
import { EventLog, type LogFormat } from './log.ts';
import { openPty } from './process/pty.ts';

const NOW = new Date('2026-01-02T03:04:05.678Z');

function logged(format: LogFormat): { log: EventLog; lines: () => string[] } {
  const stream = new PassThrough({ highWaterMark: 1 });
  let all = '';
  stream.setEncoding('utf8').on('data', (part: string) => (all += part));
  return {
    log: new EventLog(format, stream, () => NOW),
    lines: () => all.split('\n').slice(0, -1),
  };
}

const REFUSED = { event: 'refused', why: 'full', address: '192.0.2.1' } as const;

suite('the form', () => {
  test('json is an object a line, with the time and nothing that is not set', async () => {
    const { log, lines } = logged('json');
    log.write({ ...REFUSED, detail: undefined });
    await log.close();
    assert.deepEqual(
      lines().map((line): unknown => JSON.parse(line)),
      [{ time: '2026-01-02T03:04:05.678Z', ...REFUSED }],
    );
  });

  test('a line of json is one that a terminal shows as it is, and says the same', async () => {
    const { log, lines } = logged('json');
    const message = 'a\n\u001b[2J \u007f\u009b2J \u2028\u202eb\u2069 é 漢';
    log.write({ event: 'warning', message });
    await log.close();
    const [line = ''] = lines();
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\u2028]/u);
    assert.deepEqual(JSON.parse(line), {
      ...{ time: '2026-01-02T03:04:05.678Z', event: 'warning', message },
    });
  });

  test('text is what happened and its values, and no value can break out of its line', async () => {
    const { log, lines } = logged('text');
    log.write({ event: 'warning', message: 'a\nb \u001b[2J\u009b2J "c" \u202e' });
    log.write({ event: 'stop', signal: 'SIGTERM' });
    await log.close();
    assert.deepEqual(lines(), [
      '2026-01-02T03:04:05.678Z warning message="a\\nb \\u001b[2J?2J \\"c\\" ?"',
      '2026-01-02T03:04:05.678Z stop signal=SIGTERM',
    ]);
  });

  test('silent is nothing', async () => {
    const { log, lines } = logged('silent');
    log.write(REFUSED);
    log.write({ event: 'stop' });
    await log.close();
    assert.deepEqual(lines(), []);
  });

  test('a message of any length is a line of a bounded one', async () => {
    const { log, lines } = logged('json');
    log.write({ event: 'warning', message: 'x'.repeat(1_000_000) });
    await log.close();
    assert.ok((lines()[0]?.length ?? Infinity) < 3000);
  });
});

suite('a flood', () => {
  test('of refusals is told ten times, then counted', async (context) => {
    context.mock.timers.enable({ apis: ['setInterval'] });
    const { log, lines } = logged('json');
    const times = (): unknown[] =>
      lines().map((line) => {
        const found: unknown = JSON.parse(line);
        return found && typeof found === 'object' && 'times' in found ? found.times : 1;
      });
    for (let index = 0; index < 5000; index++) log.write(REFUSED);
    assert.deepEqual(times(), Array(10).fill(1));
    context.mock.timers.tick(10_000);
    assert.deepEqual(times(), [...Array<number>(10).fill(1), 4990]);
    // It goes on: still one line for each interval. Another reason has its own count.
    for (let index = 0; index < 300; index++) log.write(REFUSED);
    log.write({ ...REFUSED, why: 'origin' });
    context.mock.timers.tick(10_000);
    assert.deepEqual(times().slice(11), [1, 300]);
    // Quiet for an interval: the next is told at once.
    context.mock.timers.tick(10_000);
    log.write(REFUSED);
    assert.deepEqual(times().slice(13), [1]);
    for (let index = 0; index < 12; index++) log.write(REFUSED);
    await log.close();
    assert.deepEqual(times().slice(14), [...Array<number>(9).fill(1), 3]);
  });

  test('that nobody reads is dropped, and counted when somebody reads again', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const log = new EventLog('text', stream, () => NOW);
    for (let index = 0; index < 100_000; index++) log.write({ event: 'stop', signal: 'SIGTERM' });
    assert.ok(stream.writableLength < 300 * 1024, `${stream.writableLength} bytes wait`);
    let all = '';
    stream.setEncoding('utf8').on('data', (part: string) => (all += part));
    await log.close();
    const [, dropped] = / log-dropped lines=(\d+)\n/.exec(all) ?? [];
    assert.equal(all.split(' stop ').length - 1 + Number(dropped), 100_000);
  });
});

/** @param wait code: until what is to come before the last line */
const script = (wait: string): string => `
  const { openLog } = await import(${JSON.stringify(join(import.meta.dirname, 'log.ts'))});
  const log = openLog('text');
  for (let index = 0; index < 20000; index++) log.write({ event: 'stop', signal: 'SIGTERM' });
  ${wait}
  log.write({ event: 'stop' });
  const read = await log.close();
  process.stderr.write(read ? 'read' : 'unread');
  process.exit(0);
`;

/** How Node is given such a text. */
const MODULE = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e'];

const ONE_LINE = `
  const { openLog } = await import(${JSON.stringify(join(import.meta.dirname, 'log.ts'))});
  const log = openLog('text');
  log.write({ event: 'stop', signal: 'SIGTERM' });
  await log.close();
`;

/** The write that nobody reads has failed. */
const FAILED = "await new Promise((resolve) => process.stdout.once('error', resolve));";

/** Runs the script with a standard output that nobody reads; returns what it says of its log. */
async function runOn(stdout: number | 'pipe'): Promise<string> {
  const args = [...MODULE, script(stdout === 'pipe' ? FAILED : '')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'pipe'] });
  const { stderr } = child;
  if (!stderr) throw new Error('it did not start');
  if (stdout === 'pipe') child.stdout?.destroy();
  else closeSync(stdout);
  const [said] = await Promise.all([text(stderr), once(child, 'exit')]);
  assert.equal(child.exitCode, 0);
  return said;
}

suite('a standard output', () => {
  test('that is a terminal which takes nothing, as after Ctrl-S, stops nobody', async () => {
    const { master, slave } = openPty({ cols: 80, rows: 24 });
    try {
      assert.equal(await runOn(slave), 'unread');
    } finally {
      closeSync(master);
    }
  });

  test('that is a terminal of somebody else’s, as after su, is written to all the same', async () => {
    const { master, slave } = openPty({ cols: 80, rows: 24 });
    try {
      fchmodSync(slave, 0);
      const program = [process.execPath, ...MODULE, ONE_LINE];
      // Root may open anything, unless it gives that up.
      const modest = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];
      const [file = '', ...args] = process.getuid?.() === 0 ? [...modest, ...program] : program;
      const child = spawn(file, args, { stdio: ['ignore', slave, 'inherit'] });
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      const bytes = Buffer.alloc(1000);
      assert.match(bytes.toString('utf8', 0, readSync(master, bytes)), / stop signal=SIGTERM/);
    } finally {
      closeSync(slave);
      closeSync(master);
    }
  });

  test('whose reader is gone ends nobody', async () => {
    assert.equal(await runOn('pipe'), 'read');
  });
});

test('README lists every event, for whoever parses the log', () => {
  const source = readFileSync(join(ROOT, 'sandbox-server', 'log.ts'), 'utf8');
  const events = Array.from(source.matchAll(/readonly event: '([\w-]+)'/g), ([, name]) => name);
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, list = ''] =
    /\*\*The log\*\* is one line[^:]*for each event:([^]*?)\.\s/.exec(readme) ?? [];
  const listed = Array.from(list.matchAll(/`([\w-]+)`/g), ([, name]) => name);
  assert.deepEqual(listed.sort(), events.sort());
});
