/** What readers have written, through the real WebSocket and in real sandboxes. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { CONTENT, ROOT } from '../../project.ts';
import { MAX_EDIT, type Edit, type IsolationName } from '../../protocol/messages.ts';
import { ServerProcess } from '../../testing/server-process.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import type { LogEvent } from '../log.ts';
import { descendantsOf, statOf } from '../process/process-tree.ts';
import { Reader, serve, TEST_LABS, type TestServer } from '../testing/reader.ts';

const LAB = 'echo-listener';

/** The text of a program of the book. */
function original(chapter: string, lab: string, file = 'server.ts'): string {
  return readFileSync(join(CONTENT, chapter, lab, file), 'utf8');
}

const ECHO = original('listeners', LAB);
/** The echo server, saying something before it begins. */
function saying(text: string): Edit {
  return { file: 'server.ts', text: `console.log(${JSON.stringify(text)});\n${ECHO}` };
}

function edited(server: TestServer, edits: readonly Edit[], lab = LAB): Promise<Reader> {
  return Reader.start(server.port, lab, undefined, undefined, edits);
}

/** Runs a program of the reader’s own until it ends. @returns what it printed */
async function output(server: TestServer, text: string): Promise<string> {
  const reader = await edited(server, [{ file: 'server.ts', text }]);
  assert.equal((await reader.end()).kind, 'finished', JSON.stringify(reader.messages));
  return reader.shown.get('server') ?? '';
}

async function stop(reader: Reader): Promise<void> {
  reader.say({ type: 'stop' });
  assert.deepEqual(await reader.end(), { kind: 'stopped' });
}

const RUNGS: readonly IsolationName[] = ['bubblewrap', 'unshare', 'none'];
for (const READABLE_ISOLATION of RUNGS) {
  suite(`edits, isolated by ${READABLE_ISOLATION}`, () => {
    let server: TestServer;
    before(async () => {
      server = await serve(CONTENT, { READABLE_ISOLATION, READABLE_EDITS: 'on' });
    });
    after(() => server[Symbol.asyncDispose]());

    test('a program runs as its reader wrote it, and for them alone', LIMIT, async () => {
      const reader = await edited(server, [saying('as I wrote it')]);
      await reader.shows('server', 'as I wrote it');
      await reader.connected('alice');
      reader.type('alice', 'hello\n');
      await reader.shows('alice', 'hello', 2);
      if (READABLE_ISOLATION === 'none') await stop(reader);
      const other = await Reader.start(server.port, LAB);
      await other.connected('alice');
      assert.doesNotMatch(other.shown.get('server') ?? '', /as I wrote it/);
      await stop(other);
      if (READABLE_ISOLATION !== 'none') await stop(reader);
    });

    test('one that forks, with the helper programs of its lab', LIMIT, async () => {
      const text = original('processes', 'rot13-fork').replace('Listening', 'My fork\nListening');
      const fork = await edited(server, [{ file: 'server.ts', text }], 'rot13-fork');
      await fork.connected('alice');
      await fork.shows('server', 'My fork');
      fork.type('alice', 'uryyb\n');
      await fork.shows('alice', 'hello');
      await stop(fork);

      const client = original('blocking', 'http-client', 'http-client.ts');
      const edit = { file: 'http-client.ts', text: `console.log('my client');\n${client}` };
      const http = await edited(server, [edit], 'http-client');
      await http.message('ready');
      http.say({ type: 'launch', program: 'http-client', way: 'page', cols: 80, rows: 24 });
      await http.shows('http-client', 'my client');
      // There are no names for it where it is not isolated.
      if (READABLE_ISOLATION !== 'none') await http.shows('http-client', 'connected');
      await stop(http);
    });

    test('a stack names files alone, and lines as they were written', LIMIT, async () => {
      const text = [
        "import { bufferFrom } from 'node:buffer';",
        "import { Event } from 'libevent-ts';",
      ];
      const thrower = ['type Long = {', '  name: string;', '};', 'function f(l: Long): never {'];
      const shown = await output(
        server,
        [...thrower, '\tthrow new Error(l.name);', '}', "f({ name: 'mine' });"].join('\r\n'),
      );
      assert.match(shown, /^server\.ts:5\r?\n\tthrow new Error\(l\.name\);/m);
      assert.match(shown, /at f \(server\.ts:5:8\)/);
      assert.doesNotMatch(shown, /file:|\/[\w-]*(?:runtimes|readable|labs|live-)/);
      const linking = await output(server, text.join('\n'));
      assert.match(linking, /^server\.ts:1\r?\nimport/m);
      assert.doesNotMatch(linking, /file:/);
    });

    test('a thread starts, as anywhere', LIMIT, async () => {
      const text = `
        import { Worker, isMainThread } from 'node:worker_threads';
        if (isMainThread) new Worker(new URL(import.meta.url));
        else console.log('a thread');`;
      assert.match(await output(server, text), /a thread/);
    });
  });
}

suite('edits', () => {
  let server: TestServer;
  const events: LogEvent[] = [];
  before(async () => {
    const log = { write: (event: LogEvent) => void events.push(event) };
    server = await serve(CONTENT, { READABLE_ISOLATION: 'bubblewrap' }, undefined, log);
  });
  after(() => server[Symbol.asyncDispose]());

  test('one in a warm sandbox is that of its reader', LIMIT, async () => {
    await using warm = await serve(CONTENT, { READABLE_WARM: '1' }, LAB);
    const { stock } = warm.service;
    await until('one is warm', () => stock.size === 1);
    const reader = await edited(warm, [saying('warm and mine')]);
    await reader.shows('server', 'warm and mine');
    assert.deepEqual(stock.taken, { warm: 1, cold: 0 });
    await stop(reader);
    await until('another is warm', () => stock.size === 1);
    const other = await Reader.start(warm.port, LAB);
    await other.connected('alice');
    assert.doesNotMatch(other.shown.get('server') ?? '', /warm and mine/);
    await stop(other);
  });

  test('mistakes come back with their places, and nothing is run', LIMIT, async () => {
    const begun = events.filter(({ event }) => event === 'run-begun').length;
    const texts = [
      "import ws from 'ws';\r\nimport './lab.ts';\timport net from 'node:net';",
      'const a: number = 1;\r\tlet b = ;\r',
    ];
    const [server1 = '', client = ''] = texts;
    const reader = await edited(
      server,
      [
        { file: 'server.ts', text: server1 },
        { file: 'http-client.ts', text: client },
      ],
      'http-client',
    );
    const { faults } = await reader.message('faults');
    const places = faults.map(({ file, line, column }) => `${file}:${line}:${column}`);
    assert.deepEqual(places, [
      ...['server.ts:1:16', 'server.ts:2:8', 'server.ts:2:36', 'http-client.ts:2:10'],
    ]);
    assert.match(faults[0]?.message ?? '', /^“ws” can’t be imported\..* \.\/http-client\.ts\.$/);
    assert.equal(faults[3]?.message, 'Expression expected');
    const [first] = faults;
    assert.ok(first);
    assert.deepEqual(await reader.end(), { kind: 'faulty', count: 4, first });
    await reader.until('the close', () => reader.closed === 1000);
    assert.equal(events.filter(({ event }) => event === 'run-begun').length, begun);
    assert.equal(reader.shown.size, 0);
  });

  test(
    'a text that no parser bears costs its reader a run, and nobody else anything',
    LIMIT,
    async () => {
      await using busy = await serve(
        CONTENT,
        { READABLE_PROXY: '127.0.0.1', READABLE_PER_READER: '20' },
        LAB,
      );
      const from = (host: number, edits?: readonly Edit[]): Promise<Reader> =>
        Reader.start(busy.port, LAB, undefined, { 'X-Forwarded-For': `192.0.2.${host}` }, edits);
      const running = await from(1);
      await running.connected('alice');
      const deep = ['(', 'type A = (', 'a=>', '`${', 'async<T>(x='];
      const hostile = [
        ...deep.map((piece) => piece.repeat(Math.floor(MAX_EDIT / piece.length))),
        `/${'(?:'.repeat(10_000)}${')'.repeat(10_000)}/`,
        'let a = ;\n'.repeat(6000),
        "import 'x';".repeat(5000),
      ];
      const readers = await Promise.all(
        hostile.map((text) => from(2, [{ file: 'server.ts', text }])),
      );
      // Those of one reader are read one after another, and so keep nobody else waiting.
      const fine = await from(3, [saying('not hostile')]);
      await fine.shows('server', 'not hostile');
      for (const reader of readers) {
        const { kind } = await reader.end();
        // The regular expression is one, but for the program around it.
        assert.ok(['faulty', 'refused', 'finished'].includes(kind), kind);
      }
      running.type('alice', 'still here\n');
      await running.shows('alice', 'still here', 2);
      await Promise.all([stop(running), stop(fine)]);
    },
  );

  test(
    'a program that says something else when it listens is talked to all the same',
    LIMIT,
    async () => {
      const text = ECHO.replaceAll('Listening on port', 'Ready at');
      assert.notEqual(text, ECHO);
      const reader = await edited(server, [{ file: 'server.ts', text }]);
      const { message } = await reader.message('error');
      assert.equal(
        message,
        'server.ts has not printed “Listening on port 9876”, but it listens on 127.0.0.1:9876, so clients connect.',
      );
      await reader.connected('alice');
      await stop(reader);
    },
  );

  test(
    'one of no program of the lab is refused, and one that is too large, or there twice',
    LIMIT,
    async () => {
      const stranger = await edited(server, [{ file: 'helper.ts', text: '' }]);
      const end = await stranger.end();
      assert.deepEqual(end, {
        kind: 'refused',
        message: 'helper.ts is not a program of this lab: edit server.ts.',
      });
      const large = { file: 'server.ts', text: 'x'.repeat(MAX_EDIT + 1) };
      for (const edits of [
        [large],
        [saying('a'), saying('b')],
        [{ file: '../lab.ts', text: '' }],
      ]) {
        const reader = await edited(server, edits);
        await reader.message('error', ({ message }) => message.includes('“edits'));
        reader.socket.close();
      }
    },
  );

  test('as much as may be is taken', LIMIT, async () => {
    const text = `${ECHO}//${'"'.repeat(MAX_EDIT - Buffer.byteLength(ECHO) - 2)}`;
    const reader = await edited(server, [{ file: 'server.ts', text }]);
    await reader.connected('alice');
    await stop(reader);
  });

  test('the log says how many and how large, and no more', LIMIT, async () => {
    const edit = saying('for nobody else’s eyes');
    const reader = await edited(server, [edit]);
    await reader.message('ready');
    await stop(reader);
    const begun = events.findLast((each) => each.event === 'run-begun');
    assert.equal(begun?.edits, 1);
    assert.equal(begun.editBytes, Buffer.byteLength(edit.text));
    assert.doesNotMatch(JSON.stringify(events), /nobody else’s/);
    assert.match(
      await server.service.metrics.text(),
      /readable_runs_edited_total\{lab="echo-listener"\} \d/,
    );
  });

  test('one that waits for a place is run when it has one', LIMIT, async () => {
    await using full = await serve(CONTENT, { READABLE_SESSIONS: '1' }, LAB);
    const first = await Reader.start(full.port, LAB);
    await first.connected('alice');
    const waiting = await edited(full, [saying('at last')]);
    await waiting.message('queued');
    // A mistake is told without a wait.
    const faulty = await edited(full, [{ file: 'server.ts', text: 'let a = ;' }]);
    assert.equal((await faulty.end()).kind, 'faulty');
    await stop(first);
    await waiting.shows('server', 'at last');
    await stop(waiting);
    await until('the place is free', () => full.service.gateway.freePlaces === 1);
    assert.equal(full.service.gateway.waiting, 0);
  });

  test('a program imports what is for programs, and not the solution', LIMIT, async () => {
    const text = `import './solution.ts';\n${original('select', 'write-set')}`;
    const reader = await edited(server, [{ file: 'server.ts', text }], 'write-set');
    const { faults } = await reader.message('faults');
    assert.deepEqual(
      faults.map(({ line, column }) => [line, column]),
      [[1, 8]],
    );
    assert.match(faults[0]?.message ?? '', /^“.\/solution\.ts” can’t be imported\./);
    assert.doesNotMatch(faults[0]?.message ?? '', /check|wrong|the files of its lab/);
  });

  test('what happens to the project’s folder is nothing to a server that runs', LIMIT, async () => {
    // Its definition imports what is of the project.
    const scratch = join(ROOT, 'dist', 'test-labs');
    mkdirSync(scratch, { recursive: true });
    const content = mkdtempSync(join(scratch, 'edits-'));
    cpSync(join(TEST_LABS, 'tests', 'quitter'), join(content, 'tests', 'quitter'), {
      recursive: true,
    });
    await using lasting = await serve(content, {}, 'quitter');
    rmSync(content, { recursive: true });
    const text = "console.log('still here'); setInterval(() => {}, 1000);";
    const reader = await edited(lasting, [{ file: 'server.ts', text }], 'quitter');
    await reader.shows('server', 'still here');
    await stop(reader);
    await until('its place is free', () => lasting.service.capacity.used === 0);
  });

  test('a page that leaves while its program is checked leaves nothing', LIMIT, async () => {
    await using empty = await serve(CONTENT, {}, LAB);
    const reader = await edited(empty, [saying('nobody is there')]);
    reader.socket.close(1000);
    await until('it is over', () => {
      const { gateway } = empty.service;
      return gateway.sockets === 0 && gateway.waiting === 0 && empty.service.capacity.used === 0;
    });
  });
});

suite('where edits are not run', () => {
  const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ READABLE_ISOLATION: 'unshare' }, /not yours: its isolation is “unshare”/],
    [{ READABLE_EDITS: 'off' }, /not yours: its operator has set READABLE_EDITS=off/],
  ];
  for (const [environment, why] of cases) {
    test(
      `${JSON.stringify(environment)}: a page can know it, and a start is refused`,
      LIMIT,
      async () => {
        await using server = await serve(CONTENT, environment, LAB);
        const reader = await edited(server, [saying('never')]);
        const end = await reader.end();
        assert.equal(end.kind, 'refused');
        assert.match(end.message, why);
        assert.match(server.service.notices.join('\n'), /^Edits: off, /m);
        const own = await Reader.start(server.port, LAB);
        await own.connected('alice');
        await stop(own);
      },
    );
  }

  test('READABLE_EDITS=on is no word for a weak isolation that others reach', LIMIT, async () => {
    const weak = { READABLE_ISOLATION: 'unshare', READABLE_EDITS: 'on' };
    for (const more of [
      { HOST: '0.0.0.0' },
      { READABLE_HOSTS: 'readable.example' },
      { READABLE_PROXY: '127.0.0.1' },
    ]) {
      await assert.rejects(serve(TEST_LABS, { ...weak, ...more }, 'quitter'), /READABLE_EDITS=on/);
    }
  });
});

test('a server that is killed leaves nothing of an edited run', LIMIT, async () => {
  const script = 'sandbox-server/testing/serve-test-labs.ts';
  await using server = await ServerProcess.start({ script });
  const asked = await server.get('session');
  assert.deepEqual(await asked.json(), { refuses: 'origin', edits: null });
  const text = "console.log('still here'); setInterval(() => {}, 1000);";
  const edits = [{ file: 'server.ts', text }];
  const reader = await Reader.start(server.port, 'quitter', undefined, undefined, edits);
  await reader.shows('server', 'still here');
  const left = descendantsOf(server.pid).map((pid) => ({ pid, started: statOf(pid)?.started }));
  await server.stop('SIGKILL');
  await until('nothing is left', () =>
    left.every(({ pid, started }) => started === undefined || statOf(pid)?.started !== started),
  );
});
