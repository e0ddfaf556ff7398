import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CONTENT } from '../../project.ts';
import { collectGarbage } from '../../testing/collect-garbage.ts';
import { findBelow, footprint, leftovers } from '../../testing/leftovers.ts';
import { takeNetwork } from '../../testing/host-network.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import { statOf } from '../process/process-tree.ts';
import { MAX_CLIENTS, type IsolationName } from '../../protocol/messages.ts';
import { Reader, TEST_LABS, serve } from '../testing/reader.ts';

/** The first two give each session its own network; the third is tested where one run is enough. */
const NETWORKED: readonly IsolationName[] = ['bubblewrap', 'unshare'];

for (const isolation of NETWORKED) {
  suite(`sessions, isolated by ${isolation}`, () => {
    test('the echo listener answers alice and bob, each their own', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: isolation });
      assert.equal(server.service.isolation, isolation);
      const reader = await Reader.start(server.port, 'echo-listener');
      await reader.connected('alice', 'bob');
      assert.match(reader.shown.get('server') ?? '', /^Listening on port 9876\r\n/);
      reader.type('alice', 'from alice\n');
      await reader.shows('alice', 'from alice', 2);
      reader.type('bob', 'from bob\n');
      await reader.shows('bob', 'from bob', 2);
      assert.ok(!reader.shown.get('bob')?.includes('alice'));
      reader.type('alice', '\x04');
      await reader.shows('alice', 'The server closed the connection.');
      await reader.message('ended', ({ process }) => process === 2);
      reader.say({ type: 'connect', cols: 80, rows: 24 });
      await reader.message('started', ({ name, process }) => name === 'alice' && process > 3);
      reader.say({ type: 'connect', cols: 80, rows: 24 });
      await reader.connected('carol');
      reader.say({ type: 'stop' });
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
    });

    test('clients that end at once are not started again and again', LIMIT, async () => {
      await using server = await serve(TEST_LABS, { READABLE_ISOLATION: isolation });
      const reader = await Reader.start(server.port, 'elsewhere');
      await reader.message('ready');
      const refusals = (): boolean =>
        reader.messages.some(
          (message) => message.type === 'error' && message.message.includes('in a short time'),
        );
      const started = (): number => reader.messages.filter(({ type }) => type === 'started').length;
      await until('one is refused', () => {
        reader.say({ type: 'connect', cols: 80, rows: 24 });
        return refusals();
      });
      assert.ok(started() > 16, `${started()} were started`);
      const before = started();
      await reader.message('ended', ({ process }) => process === before);
      await until('another is started', () => {
        reader.say({ type: 'connect', cols: 80, rows: 24 });
        return started() > before;
      });
      reader.say({ type: 'stop' });
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
    });

    test('two sessions use the same port at the same time', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: isolation });
      const readers = [
        await Reader.start(server.port, 'echo-listener'),
        await Reader.start(server.port, 'echo-listener'),
      ];
      for (const reader of readers) await reader.connected('alice', 'bob');
      readers.forEach((reader, index) => reader.type('alice', `session ${index}\n`));
      for (const [index, reader] of readers.entries()) {
        await reader.shows('alice', `session ${index}`, 2);
      }
    });

    test('a program has room for a thread for each client that a run can have', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: isolation });
      const reader = await Reader.start(server.port, 'rot13-threads');
      await reader.message('ready');
      const started = (): string[] =>
        reader.messages.flatMap((message) =>
          message.type === 'started' && message.role === 'client' ? [message.name] : [],
        );
      await reader.until('the clients of the lab', () => started().length === 2);
      for (let count = 3; count <= MAX_CLIENTS; count++) {
        reader.say({ type: 'connect', cols: 80, rows: 24 });
        await reader.until(`client ${count}`, () => started().length === count);
      }
      for (const name of started()) {
        await reader.connected(name);
        reader.type(name, `hello from ${name}\n`);
        await reader.shows(name, 'uryyb sebz');
      }
      reader.say({ type: 'stop' });
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
    });

    test('Ctrl-C kills the server program, and its clients see it', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: isolation });
      const reader = await Reader.start(server.port, 'echo-listener');
      await reader.connected('alice', 'bob');
      // A connection that was not accepted yet would be reset, not closed.
      await reader.shows('server', 'Connection from', 2);
      reader.type('server', '\x03');
      const end = { kind: 'signaled', signal: 'SIGINT' };
      assert.deepEqual(await reader.end(), { kind: 'finished', end });
      assert.match(reader.shown.get('bob') ?? '', /The server closed the connection/);
    });

    test('Ctrl-C in a client ends that client only', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: isolation });
      const reader = await Reader.start(server.port, 'echo-listener');
      await reader.connected('alice', 'bob');
      reader.type('alice', '\x03');
      const { end } = await reader.message('ended', ({ process }) => process === 2);
      assert.deepEqual(end, { kind: 'signaled', signal: 'SIGINT' });
      reader.type('bob', 'unmoved\n');
      await reader.shows('bob', 'unmoved', 2);
    });

    test('an exit code arrives, and a detached child goes with its sandbox', LIMIT, async () => {
      await using server = await serve(TEST_LABS, { READABLE_ISOLATION: isolation });
      const reader = await Reader.start(server.port, 'quitter');
      await reader.connected('alice');
      using before = footprint(process.pid);
      assert.ok(before.processes.size >= 5 && before.networks.size === 1);
      reader.type('server', '7\n');
      assert.deepEqual(await reader.end(), {
        kind: 'finished',
        end: { kind: 'exited', code: 7 },
      });
      assert.deepEqual(leftovers(before), []);
    });

    test('Stop leaves nothing, and the port is free at once', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: isolation });
      for (let run = 0; run < 3; run++) {
        const reader = await Reader.start(server.port, 'echo-listener');
        await reader.connected('alice', 'bob');
        using before = footprint(process.pid);
        reader.say({ type: 'stop' });
        await reader.end();
        assert.deepEqual(leftovers(before), []);
      }
    });

    test('a reader who stops before the server listens leaves nothing either', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: isolation });
      const reader = await Reader.start(server.port, 'echo-listener');
      reader.say({ type: 'stop' });
      await reader.message('welcome');
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
      using after = footprint(process.pid);
      assert.deepEqual(after.processes.size, 0);
    });
  });
}

suite('a session’s end', () => {
  test('a vanished browser ends its session', LIMIT, async () => {
    await using server = await serve(CONTENT, { READABLE_HOLD: '1' });
    const reader = await Reader.start(server.port, 'echo-listener');
    await reader.connected('alice', 'bob');
    using before = footprint(process.pid);
    reader.socket.terminate();
    await until('its place is free', () => server.service.capacity.used === 0);
    assert.deepEqual(leftovers(before), []);
  });

  test('the time limit ends it', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { READABLE_TIME_LIMIT: '1' });
    const reader = await Reader.start(server.port, 'quitter');
    assert.deepEqual(await reader.end(), { kind: 'time-limit', seconds: 1 });
  });

  test('the server’s shutdown ends it in words', LIMIT, async () => {
    await using server = await serve(CONTENT);
    const reader = await Reader.start(server.port, 'echo-listener');
    await reader.connected('alice', 'bob');
    const ended = reader.end();
    await server.service.gateway.close();
    assert.deepEqual(await ended, { kind: 'shutdown' });
  });

  test('a program that throws shows its own file and line', LIMIT, async () => {
    await using server = await serve(TEST_LABS);
    const reader = await Reader.start(server.port, 'crash');
    assert.deepEqual(await reader.end(), { kind: 'finished', end: { kind: 'exited', code: 1 } });
    assert.match(reader.shown.get('server') ?? '', /nothing to be done about port 9876/);
    assert.match(reader.shown.get('server') ?? '', / at server\.ts:6:7/);
  });

  test('a client before the server listens, and a ninth, are told why not', LIMIT, async () => {
    await using server = await serve(TEST_LABS);
    const early = await Reader.start(server.port, 'crash');
    early.say({ type: 'connect', cols: 80, rows: 24 });
    await early.message('error', ({ message }) => message.includes('is not listening'));
    const reader = await Reader.start(server.port, 'quitter');
    await reader.connected('alice');
    for (const name of ['bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi']) {
      reader.say({ type: 'connect', cols: 80, rows: 24 });
      await reader.connected(name);
    }
    reader.say({ type: 'connect', cols: 80, rows: 24 });
    await reader.message('error', ({ message }) => message.includes('room for 8'));
    reader.say({ type: 'connect', client: 'alice', cols: 80, rows: 24 });
    await reader.message('error', ({ message }) => message.includes('room for 8'));
  });
});

suite('a flood', () => {
  const MiB = 1024 * 1024;

  test('ends at the output limit, every byte in order until then', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { READABLE_OUTPUT_LIMIT: String(2 * MiB) });
    const reader = await Reader.start(server.port, 'flood');
    assert.deepEqual(await reader.end(), { kind: 'output-limit', bytes: 2 * MiB });
    assert.ok(reader.received > 2 * MiB && reader.received < 2.1 * MiB);
    const lines = (reader.shown.get('server') ?? '').split('\r\n').slice(0, -1);
    assert.ok(lines.every((line) => line === 'flood '.repeat(12)));
  });

  test('comes no faster than a page shows it', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { READABLE_OUTPUT_LIMIT: String(6 * MiB) });
    const reader = await Reader.start(server.port, 'flood');
    await reader.shows('server', 'flood');
    const began = performance.now();
    const before = reader.received;
    assert.deepEqual(await reader.end(), { kind: 'output-limit', bytes: 6 * MiB });
    // The first mebibyte at once, and two in each second.
    const [passed, rest] = [performance.now() - began, reader.received - before - MiB];
    assert.ok(passed > 0.9 * (rest / (2 * MiB)) * 1000, `${rest} bytes in ${passed} ms`);
  });

  test('pauses the program while the page takes nothing, not the server', LIMIT, async () => {
    const limit = 64 * MiB;
    await using server = await serve(TEST_LABS, { READABLE_OUTPUT_LIMIT: String(limit) });
    const reader = await Reader.start(server.port, 'flood');
    await reader.shows('server', 'flood');
    reader.socket.pause();
    const [program] = findBelow(process.pid, 'labs/flood').slice(-1);
    assert.ok(program !== undefined);
    // Blocked in its write: asleep, and no processor time used over many looks.
    let still = 0;
    let cpu = '';
    await until('the program is blocked', () => {
      const stat = statOf(program);
      still = stat?.state === 'S' && stat.cpu === cpu ? still + 1 : 0;
      cpu = stat?.cpu ?? '';
      return still > 40;
    });
    const before = reader.received;
    // Freed memory is given back by another thread, soon.
    await until('little is kept', () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers < 32 * MiB;
    });
    reader.socket.resume();
    await reader.until('more of the flood', () => reader.received > before + 4 * MiB);
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
  });
});

suite('without isolation', () => {
  test('there is one run at a time, with the site’s own programs', LIMIT, async () => {
    await using _network = await takeNetwork('none');
    await using server = await serve(CONTENT, {
      READABLE_ISOLATION: 'none',
      READABLE_QUEUE: '0',
    });
    assert.equal(server.service.capacity.size, 1);
    const reader = await Reader.start(server.port, 'echo-listener');
    await reader.connected('alice', 'bob');
    const second = await Reader.start(server.port, 'echo-listener');
    assert.equal((await second.end()).kind, 'no-room');
    reader.type('bob', 'plain\n');
    await reader.shows('bob', 'plain', 2);
    using before = footprint(process.pid);
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
    assert.deepEqual(leftovers(before), []);
  });
});
