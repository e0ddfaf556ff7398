/** What runs in a sandbox that was there before can’t tell, and nor can its reader. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { CONTENT } from '../../project.ts';
import { ISOLATION_NAMES, type IsolationName } from '../../protocol/messages.ts';
import { takeNetwork } from '../../testing/host-network.ts';
import { findBelow, footprint, leftovers } from '../../testing/leftovers.ts';
import { ServerProcess } from '../../testing/server-process.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import type { Isolation } from '../isolation/isolation.ts';
import { none } from '../isolation/none.ts';
import { Shelves } from '../isolation/shelves.ts';
import { SandboxUsers, switchesUser } from '../isolation/users.ts';
import { prepareRuntime } from '../runtime.ts';
import { Reader, TEST_LABS, serve, type TestServer } from '../testing/reader.ts';
import { WarmSandbox } from './warm-sandbox.ts';

const WAITS = 'guest/wait.ts';
/** Those that give every session processes and a network of its own. */
const NETWORKED: readonly IsolationName[] = ['bubblewrap', 'unshare'];

function filled({ service: { stock } }: TestServer): Promise<void> {
  return until('the stock is filled', () => stock.size === stock.wanted);
}

/** The processes of ours that run a file of this name, and have a text in their command line. */
function running(name: string, text: string, below = process.pid): number[] {
  return findBelow(below, text).filter((pid) => {
    const [file = ''] = commandLine(pid).split('\0');
    return basename(file) === name;
  });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** What was shown of a run to its end, without what differs each time. */
async function transcript(reader: Reader): Promise<string> {
  await reader.shows('server', 'how I was started.');
  if (reader.shown.get('server')?.includes('"waits"')) {
    reader.type('server', 'something\n');
    await reader.shows('server', 'typed something');
    reader.type('server', '\x03');
  }
  const end = JSON.stringify(await reader.end());
  return `${reader.shown.get('server') ?? ''}\n${end}`;
}

const ENDS = ['waits', 'exits', 'throws', 'rejects', 'threads', 'signals'];

for (const READABLE_ISOLATION of ISOLATION_NAMES) {
  test(
    `a program starts and ends as in a sandbox of its own making, by ${READABLE_ISOLATION}`,
    LIMIT,
    async () => {
      // Without isolation there is one at a time.
      const ways = READABLE_ISOLATION === 'none' ? ENDS.slice(0, 1) : ENDS;
      const READABLE_WARM = String(ways.length);
      await using _network = await takeNetwork(READABLE_ISOLATION);
      await using cold = await serve(TEST_LABS, { READABLE_ISOLATION }, 'alike');
      await using warm = await serve(TEST_LABS, { READABLE_ISOLATION, READABLE_WARM }, 'alike');
      assert.equal(warm.service.isolation, READABLE_ISOLATION);
      await filled(warm);
      const run = async (port: number): Promise<string[]> => {
        const readers = await Promise.all(ways.map((way) => Reader.start(port, 'alike', way)));
        return Promise.all(readers.map(transcript));
      };
      const [theirs, ours] = [await run(warm.port), await run(cold.port)];
      for (const [index, way] of ways.entries()) assert.equal(theirs[index], ours[index], way);
      assert.deepEqual(warm.service.stock.taken, { warm: ways.length, cold: 0 });
      assert.deepEqual(cold.service.stock.taken, { warm: 0, cold: ways.length });
    },
  );
}

for (const READABLE_ISOLATION of NETWORKED) {
  suite(`sessions that take from stock, isolated by ${READABLE_ISOLATION}`, () => {
    const settings = { READABLE_ISOLATION, READABLE_WARM: '1' };

    test(
      'the programs and clients of a lab run in what waits, and the rest goes',
      LIMIT,
      async () => {
        await using server = await serve(CONTENT, settings, 'echo-listener');
        await filled(server);
        const waiting = running('node', WAITS);
        assert.equal(waiting.length, 3);
        const reader = await Reader.start(server.port, 'echo-listener');
        await reader.connected('alice', 'bob');
        assert.equal(server.service.stock.taken.warm, 1);
        for (const name of ['alice', 'bob']) {
          reader.type(name, `from ${name}\n`);
          await reader.shows(name, `from ${name}`, 2);
        }
        reader.say({ type: 'connect', cols: 80, rows: 24 });
        await reader.connected('carol');
        reader.type('alice', '\x03');
        const { end } = await reader.message('ended', ({ process }) => process === 2);
        assert.deepEqual(end, { kind: 'signaled', signal: 'SIGINT' });
        reader.say({ type: 'stop' });
        assert.deepEqual(await reader.end(), { kind: 'stopped' });
        assert.deepEqual(
          running('node', WAITS).filter((pid) => waiting.includes(pid)),
          [],
        );
      },
    );

    test('a lab with a feed, and one that forks and has hosts of its own', LIMIT, async () => {
      await using books = await serve(CONTENT, settings, 'two-sockets-select');
      await filled(books);
      const reader = await Reader.start(books.port, 'two-sockets-select');
      await reader.message('select', ({ returned }) => !returned);
      await reader.connected('alice', 'bob');
      // Counts come with a call, a while after the first.
      const isCounted = (): boolean =>
        reader.messages.some((each) => each.type === 'gauges' && each.figures.mostCalled);
      for (let line = 1; !isCounted(); line++) {
        reader.type('alice', 'line\n');
        await reader.shows('server', 'alice: ', line);
      }
      assert.equal(books.service.stock.taken.warm, 1);
      reader.say({ type: 'stop' });
      await reader.end();

      await using server = await serve(TEST_LABS, settings, 'company');
      await filled(server);
      const company = await Reader.start(server.port, 'company', 'loud');
      await company.connected('zoe', 'xena');
      const shown = (name: string): string | undefined => company.shown.get(name)?.trim();
      assert.equal(shown('first'), 'here  127.0.0.1');
      assert.equal(shown('server'), 'Listening --loud 77 descriptors');
      assert.equal(shown('second'), 'here --loud 127.0.0.1');
      company.type('server', 'fork\n');
      await company.shows('server', 'parent waits for ');
      assert.equal(server.service.stock.taken.warm, 1);
    });

    test('what has died while it waited costs no reader anything', LIMIT, async () => {
      await using server = await serve(CONTENT, settings, 'echo-listener');
      const victims = [() => running('node', WAITS).slice(0, 1), () => running('cat', 'cat')];
      for (const find of victims) {
        await filled(server);
        const found = find();
        assert.equal(found.length, 1);
        for (const pid of found) process.kill(pid, 'SIGKILL');
        // Reaped, that is: a zombie can have threads left, which have its pipe open.
        await until('it is dead', () => found.every((pid) => !existsSync(`/proc/${pid}`)));
        const reader = await Reader.start(server.port, 'echo-listener');
        await reader.connected('alice', 'bob');
        // Nothing was tried in vain first.
        assert.ok(!reader.messages.some(({ type }) => type === 'ended'));
        reader.say({ type: 'stop' });
        assert.deepEqual(await reader.end(), { kind: 'stopped' });
      }
    });
  });
}

test('one whose processes never come to wait is given up when its server ends', LIMIT, async () => {
  const runtime = prepareRuntime(switchesUser(), []);
  const shelves = new Shelves(dirname(runtime.path));
  const users = SandboxUsers.reserve();
  const plain = none(runtime.path, shelves, true);
  const stuck = Promise.withResolvers<void>();
  const isolation: Isolation = {
    ...plain,
    async open(user) {
      const sandbox = await plain.open(user);
      return {
        ...sandbox,
        launch(request) {
          stuck.resolve();
          return { ...sandbox.launch(request), file: 'sleep', args: ['1000'] };
        },
      };
    },
  };
  const end = new AbortController();
  const opened = WarmSandbox.open({ isolation, users }, end.signal);
  const rejected = assert.rejects(opened, /ended before it waited/);
  await stuck.promise;
  end.abort();
  await rejected;
  assert.deepEqual(running('sleep', '1000'), []);
  shelves.close();
  users.close();
  runtime.release();
});

suite('a server that has a stock', () => {
  const script = join(import.meta.dirname, '..', 'testing', 'serve-test-labs.ts');
  const environment = { READABLE_WARM: '1' };

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`leaves nothing of it behind when it ends by ${signal}`, LIMIT, async () => {
      const server = await ServerProcess.start({ script, environment });
      await until('everything waits', () => running('node', WAITS, server.pid).length === 3);
      using before = footprint(server.pid);
      assert.equal(before.networks.size, 1);
      await server.stop(signal);
      await until('nothing is left', () => leftovers(before).length === 0);
    });
  }
});
