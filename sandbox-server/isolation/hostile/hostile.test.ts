/**
 * Programs that attack the sandbox, the computer, the server or another reader, through the page’s own
 * WebSocket. Each says what it got; what must hold is here, and is looked at from outside too: nobody
 * else’s run notices, and nothing is left. What each attacks is said at the head of its file in `programs/`.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ROOT } from '../../../project.ts';
import { footprint, leftovers } from '../../../testing/leftovers.ts';
import { until } from '../../../testing/until.ts';
import type { IsolationName, SessionEnd } from '../../../protocol/messages.ts';
import { descendantsOf } from '../../process/process-tree.ts';
import { Reader, serve, type Message, type TestServer } from '../../testing/reader.ts';
import { SESSION_PROCESSES } from '../limits.ts';

/** An attack that leaves its program as it was, so that one run is enough for all of them. */
interface Quiet {
  readonly name: string;
  /** What it reports on each rung that promises to hold against it. */
  readonly reports: Partial<Record<IsolationName, unknown>>;
}

const REFUSED = 'EPERM';

function all(names: readonly string[], got: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, got]));
}

const QUIET: readonly Quiet[] = [
  { name: 'escapes', reports: { bubblewrap: {} } },
  { name: 'newer-calls', reports: { bubblewrap: {} } },
  { name: 'aio', reports: { bubblewrap: { contexts: 0, error: REFUSED } } },
  {
    name: 'pseudoterminals',
    reports: {
      bubblewrap: { multiplexer: 'ENOENT', another: 'ENOENT', pts: false, own: 'done' },
    },
  },
  {
    name: 'shared-files',
    reports: {
      bubblewrap: {
        ...all(['lease', 'writeLease', 'notice', 'lock', 'ofdLock', 'flock'], REFUSED),
        ...all(['flockFolder', 'inotify', 'fanotify', 'direct', 'directLater'], REFUSED),
        ...all(['sync', 'syncfs', 'syncRange', 'msync'], REFUSED),
        ...all(['fsync', 'fdatasync'], 'EINVAL'),
        ...all(['dropFile', 'dropPages', 'cached'], REFUSED),
        oldInotify: process.arch === 'x64' ? REFUSED : 'none',
        openat2: 'ENOSYS',
      },
    },
  },
  {
    name: 'kernel-memory',
    reports: {
      bubblewrap: {
        ...all(['futexes', 'coreScheduling', 'merge', 'filterByPrctl', 'filter'], REFUSED),
        ...all(['socketFilter', 'reuseportFilter', 'upperProtocol', 'flowLabel'], REFUSED),
        ...all(['hugePage', 'largePipe', 'gift', 'mergeable', 'memoryPolicy'], REFUSED),
        ...all(['movePages', 'locked'], REFUSED),
      },
    },
  },
  {
    name: 'sockets',
    reports: {
      bubblewrap: [
        ...['family 1, type 1', 'family 1, type 2', 'family 1, type 3', 'family 1, type 5'],
        ...['family 10, type 1', 'family 10, type 2', 'family 2, type 1', 'family 2, type 2'],
        ...['netlink 0', 'pair of 1', 'protocol 17', 'protocol 6'],
      ],
    },
  },
  {
    name: 'networks',
    reports: (() => {
      const nobody = {
        interfaces: ['lo'],
        ...all(['server', 'abstract'], 'ECONNREFUSED'),
        ...all(['metadata', 'local', 'internet'], 'ENETUNREACH'),
      };
      return { bubblewrap: nobody, unshare: nobody };
    })(),
  },
  {
    name: 'files',
    reports: {
      bubblewrap: {
        ...{ seen: [], labs: ['attacker'], writable: [], kernel: [], make: [], changed: {} },
      },
    },
  },
  {
    name: 'telling',
    reports: {
      bubblewrap: {
        ...{ kernel: [], project: [], sandboxing: [] },
        // The feed.
        descriptors: ['socket:[N]'],
      },
    },
  },
  {
    name: 'first-process',
    reports: {
      bubblewrap: {
        ...all(['memory', 'maps', 'descriptors', 'root'], 'EACCES'),
        ...{ raise: REFUSED, alive: true, processes: true, memoryLimit: true, openFiles: true },
      },
    },
  },
  {
    name: 'limits',
    reports: {
      bubblewrap: {
        ...all(['raiseProcesses', 'raiseDescriptors', 'raiseMemory', 'realtime'], REFUSED),
        ...all(['disk', 'lock', 'autogroup'], REFUSED),
        ...{ nice: 'EACCES', outOfMemory: 'EACCES', core: '1' },
        ...{ descriptors: true, timers: true, inFlight: true },
        ...{ privateMemory: true, sharedMemory: true },
      },
    },
  },
  {
    name: 'terminal',
    reports: {
      bubblewrap: {
        ...all(['type', 'typeLinux', 'discipline', 'console', 'bridge'], REFUSED),
        ...{ size: 'done', settings: 'done', isTerminal: true, columns: 80 },
      },
    },
  },
  { name: 'others', reports: { bubblewrap: { found: 1, afterwards: true } } },
  { name: 'feed', reports: { bubblewrap: 'written', unshare: 'written' } },
  { name: 'forged-feed', reports: { bubblewrap: 'written', unshare: 'written' } },
  // Of what comes after this there is no feed.
  { name: 'closed-feed', reports: { bubblewrap: 'went on', unshare: 'went on' } },
];

/** An attack that its run does not survive: a run each. */
interface Loud {
  readonly name: string;
  readonly rungs: readonly IsolationName[];
  /** How the run ends; of one that goes over its budget only that it does. */
  readonly end: SessionEnd | typeof OVER_BUDGET;
  /** Whether it ends by itself only once somebody has connected. */
  readonly connects?: boolean;
  /** Whether only the kernel can count what it takes, where it keeps the budget. */
  readonly counted?: boolean;
}

/** What starts and holds the programs of a run, and this test’s own: threads and processes. */
const WRAPPERS = 40;
const OUTPUT_LIMIT = 1024 * 1024;
/** Elsewhere a process that an attack forks dies at once: V8 keeps its memory from children. */
const FORKING: readonly IsolationName[] = ['bubblewrap'];
const BOTH: readonly IsolationName[] = ['bubblewrap', 'unshare'];

const OVER_BUDGET = { kind: 'budget' } as const;

const LOUD: readonly Loud[] = [
  { name: 'memory-sum', rungs: FORKING, end: OVER_BUDGET },
  { name: 'inherited-descriptors', rungs: FORKING, end: OVER_BUDGET },
  { name: 'socket-memory', rungs: FORKING, end: OVER_BUDGET, counted: true },
  {
    ...{ name: 'heap-bomb', rungs: BOTH },
    end: { kind: 'finished', end: { kind: 'signaled', signal: 'SIGABRT' } },
  },
  {
    ...{ name: 'output-bomb', rungs: BOTH },
    end: { kind: 'output-limit', bytes: OUTPUT_LIMIT },
  },
  {
    ...{ name: 'client-flood', rungs: BOTH, connects: true },
    end: { kind: 'output-limit', bytes: OUTPUT_LIMIT },
  },
];

type Ended = Message<'ended'> | Message<'session-ended'>;

/**
 * What a program reported, or how it or its run ended before it did.
 * @throws Error with all that was seen when neither comes
 */
async function attack(
  reader: Reader,
  program: string,
  name: string,
  given: object = {},
): Promise<unknown> {
  const before = reader.shown.get(program)?.length ?? 0;
  reader.type(program, `${name} ${JSON.stringify(given)}\n`);
  const report = new RegExp(`result ${name} (.*?) end\r|failed ${name} .*?\n[^]*?\n`, 's');
  const found = await reader.until(
    `the report of ${name}`,
    () => report.exec(reader.shown.get(program)?.slice(before) ?? '') ?? endOf(reader, program),
  );
  if ('end' in found) return found;
  const [all, result] = found;
  return result === undefined ? all : JSON.parse(result);
}

/** How the newest program of that name ended, or the run. */
function endOf({ messages }: Reader, program: string): Ended | undefined {
  const started = messages.findLast((each) => each.type === 'started' && each.name === program);
  const process = started && 'process' in started ? started.process : undefined;
  return messages.find(
    (each): each is Ended =>
      each.type === 'session-ended' ||
      (each.type === 'ended' && process !== undefined && each.process === process),
  );
}

/** A run of the attacker, and what it leaves. */
class Run implements AsyncDisposable {
  readonly reader: Reader;

  constructor(reader: Reader) {
    this.reader = reader;
  }

  static async start(server: TestServer): Promise<Run> {
    const reader = await Reader.start(server.port, 'attacker');
    await reader.message('ready');
    return new Run(reader);
  }

  /** Stops it if its budget, where that is watched, has not, and sees that nothing is left. */
  async stopIfNotOver(): Promise<void> {
    using left = footprint(process.pid);
    this.reader.say({ type: 'stop' });
    const { kind } = await this.reader.end();
    assert.ok(kind === 'stopped' || kind === OVER_BUDGET.kind, kind);
    await until('nothing is left', () => leftovers(left).length === 0);
  }

  /** Stops it, and sees that nothing is left. */
  async stop(): Promise<void> {
    await this.ends({ kind: 'stopped' }, () => this.reader.say({ type: 'stop' }));
  }

  /** Has it end in a certain way, and sees that nothing is left. */
  async ends(end: Loud['end'], act: () => unknown): Promise<void> {
    using left = footprint(process.pid);
    await act();
    const got = await this.reader.end();
    assert.deepEqual(end === OVER_BUDGET ? { kind: got.kind } : got, end);
    await until('nothing is left', () => leftovers(left).length === 0);
  }

  /** Whatever came of the test, it leaves no attack to the next one. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { reader } = this;
    if (reader.messages.some(({ type }) => type === 'session-ended')) return;
    reader.say({ type: 'stop' });
    await reader.end();
  }
}

/** Starts more of itself for as long as it can, each of which does the same. */
const FORK_BOMB = `
  import { spawn } from 'node:child_process';
  console.log('a bomb');
  const again = () => {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '']);
    child.on('error', () => {});
    setTimeout(again, 20);
  };
  again();`;

/** Looks for a text in all files that it can open but the system’s. @param halves the text, which its own file has not */
function searcher(halves: readonly [string, string]): string {
  return `
    import { lstatSync, readFileSync, readdirSync } from 'node:fs';
    import { join } from 'node:path';
    const wanted = ${JSON.stringify(halves)}.join('');
    const system = ['/usr', '/lib', '/lib64', '/sys', '/proc'];
    const found: string[] = [];
    let files = 0;
    const folders = ['/', ...readdirSync('/proc').map((name) => join('/proc', name, 'root', 'readable'))];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      let names: string[] = [];
      try {
        names = readdirSync(folder);
      } catch {}
      for (const path of names.map((name) => join(folder, name))) {
        try {
          const stat = lstatSync(path);
          if (stat.isDirectory() && !system.includes(path)) folders.push(path);
          if (!stat.isFile() || stat.size > 300_000) continue;
          files += 1;
          if (readFileSync(path, 'utf8').includes(wanted)) found.push(path);
        } catch {}
      }
    }
    console.log('looked into', files > 10 ? 'many' : files, 'files and found', JSON.stringify(found));`;
}

/** Threads and processes below this one: those of programs, and of what starts and holds them. */
function tasks(): number {
  return descendantsOf(process.pid).reduce((sum, pid) => {
    try {
      return sum + readdirSync(`/proc/${pid}/task`).length;
    } catch {
      return sum;
    }
  }, 0);
}

for (const rung of BOTH) {
  suite(`hostile programs, isolated by ${rung}`, () => {
    let server: TestServer;
    const isCounted = (): boolean => server.service.budget !== 'watch';
    before(async () => {
      server = await serve(join(import.meta.dirname), {
        READABLE_ISOLATION: rung,
        READABLE_OUTPUT_LIMIT: String(OUTPUT_LIMIT),
      });
    });
    after(() => server[Symbol.asyncDispose]());

    test('it says whose programs it may run', () => {
      const programs = rung === 'bubblewrap' ? /any program/ : /only .*own programs/;
      assert.match(server.service.notices.join('\n'), programs);
    });

    test('what leaves its program as it was', async () => {
      const name = `readable-hostile-${process.pid}-${rung}`;
      await using abstract = createServer().listen(`\0${name}`);
      await once(abstract, 'listening');
      await using run = await Run.start(server);
      const { reader } = run;
      const given = {
        ...{ port: server.port, abstract: name, project: ROOT },
      };
      const [reported, expected] = [new Map<string, unknown>(), new Map<string, unknown>()];
      for (const { name: each, reports } of QUIET) {
        if (!(rung in reports)) continue;
        expected.set(each, reports[rung]);
        reported.set(each, await attack(reader, 'server', each, given));
      }
      assert.deepEqual(reported, expected);
      await Reader.roundTrip(server.port, 'bystander');
      await run.stop();
    });

    test('processes: no more than there may be, over all programs of a run', async () => {
      await using run = await Run.start(server);
      const { reader } = run;
      assert.equal(await attack(reader, 'server', 'fork-bomb'), 'refused');
      const found: unknown[] = [];
      for (const program of rung === 'bubblewrap' ? ['second', 'third'] : []) {
        reader.say({ type: 'launch', program, cols: 80, rows: 24 });
        // So many may be there already that it can’t even start.
        const isUp = await reader.until(
          `${program} or its end`,
          () =>
            reader.shown.get(program)?.includes('Told what to attack.') || endOf(reader, program),
        );
        if (isUp === true) found.push(await attack(reader, program, 'fork-bomb'));
      }
      // Or one of them, or all, came to an end for it.
      const isHeld = (each: unknown): boolean => each === 'refused' || typeof each === 'object';
      assert.ok(found.every(isHeld), JSON.stringify(found));
      assert.ok(tasks() <= SESSION_PROCESSES + WRAPPERS, `${tasks()}: ${JSON.stringify(found)}`);
      await Reader.roundTrip(server.port, 'bystander');
      if (isCounted()) await run.stop();
      else await run.stopIfNotOver();
    });

    test('what a reader wrote is held as well, or not run at all', async () => {
      const edit = (text: string): Promise<Reader> =>
        Reader.start(server.port, 'bystander', undefined, undefined, [{ file: 'server.ts', text }]);
      if (rung !== 'bubblewrap') {
        const refused = await edit(FORK_BOMB);
        assert.equal((await refused.end()).kind, 'refused');
        return;
      }
      const secret = ['a secret', ` of ${process.pid}`] as const;
      await using victim = new Run(
        await edit(`console.log('here'); setInterval(() => {}, 1000); // ${secret.join('')}`),
      );
      await victim.reader.shows('server', 'here');
      await using spy = new Run(await edit(searcher(secret)));
      await spy.reader.shows('server', 'looked into many files and found []');
      // It finds what it can see.
      await using own = new Run(await edit(`${searcher(secret)} // ${secret.join('')}`));
      const found = await own.reader.shows('server', 'and found [');
      assert.match(found, /found \["[^\]]*\/bystander\/server\.ts"/);
      await using bomb = new Run(await edit(FORK_BOMB));
      await bomb.reader.shows('server', 'a bomb');
      await Reader.roundTrip(server.port, 'bystander');
      assert.ok(tasks() <= 2 * (SESSION_PROCESSES + WRAPPERS), `${tasks()}`);
      using left = footprint(process.pid);
      for (const { reader } of [bomb, victim]) reader.say({ type: 'stop' });
      for (const { reader } of [bomb, victim]) await reader.end();
      await until('nothing is left', () => leftovers(left).length === 0);
    });

    test('threads: no more than there may be', async () => {
      await using run = await Run.start(server);
      const { reader } = run;
      assert.equal(await attack(reader, 'server', 'thread-bomb'), true);
      await Reader.roundTrip(server.port, 'bystander');
      await run.stop();
    });

    test('memory that is asked for comes to an end', async () => {
      await using run = await Run.start(server);
      const { reader } = run;
      assert.equal(await attack(reader, 'server', 'buffer-bomb'), true);
      await run.stop();
    });

    test('daemons, spinning sessions, a chain, zombies and sleepers go with their run', async () => {
      await using run = await Run.start(server);
      const { reader } = run;
      const found = await attack(reader, 'server', 'stay');
      // In a control group, a session of its own takes no further share of the processor.
      if (rung === 'bubblewrap') assert.equal(found, isCounted() ? 'done' : REFUSED);
      await Reader.roundTrip(server.port, 'bystander');
      await run.stop();
    });

    for (const { name, rungs, end, connects, counted } of LOUD) {
      if (!rungs.includes(rung)) continue;
      test(`${name}: the run ends, and the reader is told`, async (context) => {
        if (counted === true && !isCounted()) {
          context.skip('there are no control groups here');
          return;
        }
        await using run = await Run.start(server);
        const { reader } = run;
        await run.ends(end, async () => {
          reader.type('server', `${name} {}\n`);
          if (connects !== true) return;
          await reader.shows('server', 'listening');
          reader.say({ type: 'connect', client: 'alice', cols: 80, rows: 24 });
        });
        await Reader.roundTrip(server.port, 'bystander');
      });
    }
  });
}
