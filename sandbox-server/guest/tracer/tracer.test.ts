/** The tracer with real programs, outside of a sandbox: those that mean well, and those that don’t. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { LIMIT } from '../../../testing/patience.ts';
import { until } from '../../../testing/until.ts';
import { TRACE_BUDGET_VARIABLE, TRACE_COUNTS_VARIABLE, TRACE_VARIABLE } from '../trace.ts';

const FOLDER = import.meta.dirname;
/** Stands for the loader, which can’t read programs that still have their types. */
const LOADER = `data:text/javascript,${encodeURIComponent(
  `import { becomeTraced } from ${JSON.stringify(pathToFileURL(join(FOLDER, 'tracee.ts')).href)}; await becomeTraced();`,
)}`;
const KOFFI = JSON.stringify(import.meta.resolve('koffi'));

const line = z.looseObject({
  type: z.string(),
  pid: z.number().optional(),
  thread: z.number().optional(),
  id: z.number().optional(),
  call: z.string().optional(),
  args: z.array(z.string()).optional(),
  result: z.number().optional(),
  error: z.string().optional(),
  out: z.string().optional(),
  calls: z.number().optional(),
  from: z.number().optional(),
  time: z.number().optional(),
  counts: z.record(z.string(), z.number()).optional(),
});
type Line = z.infer<typeof line>;

/** A traced program, and what is told of it. */
class Traced implements AsyncDisposable {
  readonly tracer: ChildProcess;
  readonly lines: Line[] = [];
  readonly ended: Promise<unknown[]>;
  readonly heard: Promise<unknown>;
  printed = '';

  /** @param program the text of a module */
  constructor(program: string, most = 1e6, counts?: number) {
    const node = ['--disable-warning=ExperimentalWarning', '--import', LOADER];
    const own = [...node, '--input-type=module', '-e', program];
    this.tracer = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        join(FOLDER, 'main.ts'),
        '',
        process.execPath,
        ...own,
      ],
      {
        stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
        // Its group is ended with it: a program outlives its tracer.
        detached: true,
        env: {
          ...process.env,
          [TRACE_VARIABLE]: '3',
          [TRACE_BUDGET_VARIABLE]: String(most),
          ...(counts !== undefined && { [TRACE_COUNTS_VARIABLE]: String(counts) }),
        },
      },
    );
    this.ended = once(this.tracer, 'exit');
    const [, stdout, , feed] = this.tracer.stdio;
    assert.ok(stdout instanceof Readable && feed instanceof Readable);
    stdout.on('data', (bytes: Buffer) => (this.printed += String(bytes)));
    const input = createInterface({ input: feed });
    input.on('line', (text) => this.lines.push(line.parse(JSON.parse(text))));
    this.heard = once(input, 'close');
  }

  /** The calls that are told, in words: `0 read(3, 10 bytes)`, the first number being the thread’s. */
  get calls(): string[] {
    return this.lines
      .filter(({ type }) => type === 'enter')
      .map(({ thread, call, args }) => `${thread} ${call}(${args?.join(', ')})`);
  }

  /** Calls that go on, of all threads. */
  get open(): Line[] {
    const key = ({ pid, thread, id }: Line): string => `${pid} ${thread} ${id}`;
    const left = new Set(this.lines.filter(({ type }) => type === 'exit').map(key));
    return this.lines.filter((each) => each.type === 'enter' && !left.has(key(each)));
  }

  result(call: string): string[] {
    return this.lines
      .filter((each) => each.type === 'exit' && each.call === call)
      .map(({ result, error, out }) =>
        [error ?? result, out].filter((part) => part !== undefined).join(', '),
      );
  }

  async prints(text: string): Promise<void> {
    await until(`“${text}”`, () => this.printed.includes(text));
  }

  /** Waits for its end, and until all that was told has been heard. */
  async end(): Promise<unknown[]> {
    const end = await this.ended;
    await this.heard;
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid } = this.tracer;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
    await this.ended;
  }
}

/** Begins a program that makes calls of its own, whatever they are. */
const SYSCALL = `
  import koffi from ${KOFFI};
  const syscall = koffi.load(null).func('long syscall(long n, long a, long b, long c, long d, long e)');
  const X64 = process.arch === 'x64';
`;

suite('a program that is traced', () => {
  test('has its calls told as they are made, on the thread that makes them', LIMIT, async () => {
    await using traced = new Traced(`
      import { readFile, readSync } from 'node:fs';
      readFile('/proc/version', () => readSync(0, Buffer.alloc(10)));
    `);
    await until('it waits for input', () =>
      traced.open.some(({ call, args }) => call === 'read' && args?.[0] === '0'),
    );
    const opened = traced.calls.find((call) => call.includes('"/proc/version"'));
    assert.match(opened ?? '', /^[1-4] openat\(AT_FDCWD, "\/proc\/version", O_RDONLY\)$/);
    traced.tracer.stdin?.end('typed\n');
    assert.deepEqual(await traced.end(), [0, null]);
    assert.ok(traced.calls.includes('0 read(0, 10 bytes)'));
    assert.ok(traced.result('read').includes('6, "typed\\n"'));
    // V8’s own threads were there before.
    const threads = new Set(traced.lines.map(({ thread = 0 }) => thread));
    assert.ok(
      [...threads].every((thread) => thread <= 4),
      [...threads].join(' '),
    );
  });

  test('ends as it would without a tracer', LIMIT, async () => {
    await using seven = new Traced('process.exit(7)');
    assert.deepEqual(await seven.end(), [7, null]);
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGSEGV']) {
      await using killed = new Traced(
        `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000);`,
      );
      assert.deepEqual(await killed.end(), [null, signal]);
    }
  });

  test('gets its signals, and what the terminal sends is for it alone', LIMIT, async () => {
    await using traced = new Traced(`
      process.on('SIGURG', () => console.log('urgent'));
      process.on('SIGINT', () => { console.log('interrupted'); process.exit(3); });
      setInterval(() => {}, 1000);
      console.log(process.pid);
      process.kill(process.pid, 'SIGURG');
    `);
    await traced.prints('urgent');
    // As a terminal sends it: to the whole group.
    process.kill(-(traced.tracer.pid ?? assert.fail()), 'SIGINT');
    assert.deepEqual(await traced.end(), [3, null]);
    assert.match(traced.printed, /interrupted/);
  });

  test('is stopped and goes on', LIMIT, async () => {
    await using traced = new Traced(`
      console.log(process.pid);
      process.stdin.on('data', () => { console.log('alive'); process.exit(0); });
    `);
    await traced.prints('\n');
    const pid = Number.parseInt(traced.printed);
    const { readFileSync } = await import('node:fs');
    const state = (): string | undefined =>
      /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    process.kill(pid, 'SIGSTOP');
    await until('it has stopped', () => state() === 'T' || state() === 't');
    traced.tracer.stdin?.write('x\n');
    process.kill(pid, 'SIGCONT');
    assert.deepEqual(await traced.end(), [0, null]);
    assert.match(traced.printed, /alive/);
  });

  test('has children, which are told apart, and runs other programs', LIMIT, async () => {
    await using traced = new Traced(`
      import { spawnSync } from 'node:child_process';
      spawnSync('/bin/sh', ['-c', 'cat /proc/version | cat >/dev/null']);
    `);
    assert.deepEqual(await traced.end(), [0, null]);
    const pids = new Set(traced.lines.map(({ pid }) => pid));
    assert.ok(pids.size >= 4, `${pids.size} processes`);
    const executed = traced.calls.filter((call) => call.includes('execve('));
    assert.ok(executed.some((call) => call.includes('"/bin/sh"')));
  });

  test('runs all the same where it can’t be traced, and that is told', LIMIT, async () => {
    // Nobody can trace what another one traces.
    await using traced = new Traced(`
      import { spawnSync } from 'node:child_process';
      const own = ['-e', 'console.log("it runs"); process.exit(6)'];
      const { status } = spawnSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', ${JSON.stringify(join(FOLDER, 'main.ts'))}, '', process.execPath, ...own],
        { stdio: 'inherit', env: { ${TRACE_VARIABLE}: '1', ${TRACE_BUDGET_VARIABLE}: '100' } },
      );
      process.exit(status);
    `);
    assert.deepEqual(await traced.end(), [6, null]);
    assert.deepEqual(traced.printed.split('\n').slice(0, 2), [
      '{"type":"untraced","why":"EPERM"}',
      'it runs',
    ]);
  });

  test('runs another program from a thread beside its main one', LIMIT, async () => {
    await using traced = new Traced(`
      import { Worker } from 'node:worker_threads';
      new Worker(${JSON.stringify(`
        const koffi = require(${JSON.stringify(import.meta.resolve('koffi').replace('file://', ''))});
        const execv = koffi.load(null).func('int execv(const char *path, const char **argv)');
        execv('/bin/sh', ['sh', '-c', 'exit 5', null]);
      `)}, { eval: true, execArgv: [] });
      setInterval(() => {}, 1000);
    `);
    assert.deepEqual(await traced.end(), [5, null]);
  });
});

suite('a program that means no good', () => {
  test('points calls at memory that is not there', LIMIT, async () => {
    await using traced = new Traced(`
      ${SYSCALL}
      const numbers = X64 ? [1, 20, 42, 46, 257, 233, 281, 271, 59, 54] : [64, 66, 203, 211, 56, 21, 22, 73, 221, 208];
      for (const number of numbers) {
        for (const at of [1, 0x7fffffff0000, -1]) syscall(number, 1, at, 2 ** 40, at, -1);
      }
      for (let number = 600; number < 900; number++) syscall(number, 1, 2, 3, 4, 5);
      process.exit(0);
    `);
    assert.deepEqual(await traced.end(), [0, null]);
    assert.ok(traced.calls.some((call) => call.startsWith('0 write(1, NULL,')));
  });

  test('floods: so many records a second, and the rest is counted', LIMIT, async () => {
    await using traced = new Traced(
      `
      import { closeSync } from 'node:fs';
      const end = performance.now() + 2000;
      let calls = 0;
      for (; performance.now() < end; calls++) try { closeSync(987654) } catch {}
      console.log(calls);
      `,
      2000,
      100,
    );
    assert.deepEqual(await traced.end(), [0, null]);
    const calls = Number(traced.printed);
    const closes = traced.lines.filter(
      ({ type, call }) => type === 'enter' && call === 'close',
    ).length;
    const folded = traced.lines.reduce((sum, { calls: some = 0 }) => sum + some, 0);
    assert.ok(closes + folded >= calls, `${closes} and ${folded} of ${calls}`);
    const times = traced.lines.flatMap(({ type, time }) =>
      type === 'enter' && time ? [time] : [],
    );
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    // Two records a call, at most a quarter of a second’s at once, and what must be told although nothing is left.
    assert.ok(
      traced.lines.length <= 2000 * (seconds + 0.25) + 300,
      `${traced.lines.length} in ${seconds} s`,
    );
    const counted = traced.lines.reduce((sum, { counts }) => sum + (counts?.close ?? 0), 0);
    assert.ok(counted > 0 && counted <= calls + 100);
  });

  test('floods, and then waits: the wait is told', LIMIT, async () => {
    await using traced = new Traced(
      `
      import { closeSync, readSync } from 'node:fs';
      for (let calls = 0; calls < 3000; calls++) try { closeSync(987654) } catch {}
      readSync(0, Buffer.alloc(10));
      `,
      // So few that none is left.
      100,
    );
    await until('the wait is told', () =>
      traced.open.some(({ call, args }) => call === 'read' && args?.[0] === '0'),
    );
    const folded = traced.lines.reduce((sum, { calls = 0 }) => sum + calls, 0);
    assert.ok(folded > 2000, `${folded} counted`);
    traced.tracer.stdin?.end('x');
    assert.deepEqual(await traced.end(), [0, null]);
  });

  test('starts processes and threads without end, each of them short', LIMIT, async () => {
    await using traced = new Traced(
      `
      import { spawn } from 'node:child_process';
      import { once } from 'node:events';
      for (let round = 0; round < 5; round++) {
        const all = Array.from({ length: 20 }, () => spawn('/bin/true', { stdio: 'ignore' }));
        await Promise.all(all.map((each) => once(each, 'exit')));
      }
      console.log('done');
      `,
      2000,
    );
    assert.deepEqual(await traced.end(), [0, null]);
    assert.match(traced.printed, /done/);
  });

  test('goes on when nobody hears its tracer any more', LIMIT, async () => {
    await using traced = new Traced(`
      import { closeSync } from 'node:fs';
      process.stdin.once('data', () => {
        for (let calls = 0; calls < 10000; calls++) try { closeSync(987654) } catch {}
        console.log('done');
        process.exit(4);
      });
      console.log('ready');
    `);
    await traced.prints('ready');
    const feed = traced.tracer.stdio[3];
    assert.ok(feed instanceof Readable);
    feed.destroy();
    traced.tracer.stdin?.write('go\n');
    assert.deepEqual(await traced.ended, [4, null]);
    assert.match(traced.printed, /done/);
  });

  test('kills its tracer: it goes on, and nothing holds it', LIMIT, async () => {
    await using traced = new Traced(`
      const tracer = process.ppid;
      process.kill(tracer, 'SIGKILL');
      const look = setInterval(() => {
        if (process.ppid === tracer) return;
        clearInterval(look);
        console.log('without a tracer');
        process.stdin.on('data', () => process.exit(0));
      }, 10);
    `);
    const { stdin, stdout } = traced.tracer;
    assert.ok(stdin && stdout);
    // Listened for early: Node closes the input with the tracer, and then the program may end at any moment.
    const closed = once(stdout, 'close');
    stdin.on('error', () => {});
    assert.deepEqual(await traced.ended, [null, 'SIGKILL']);
    await traced.prints('without a tracer');
    stdin.end('end\n');
    await closed;
  });
});
