/**
 * What strangers did to the server from the network, and programs through what the server reads of
 * them. Each ended it, stalled it or made it grow; each must cost nobody else anything.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { join } from 'node:path';
import { Reader } from './testing/reader.ts';
import { PROTOCOL_VERSION, SESSION_PATH } from '../protocol/messages.ts';
import type { TimelineEntry } from '../protocol/timeline.ts';
import { ask, connectTo, frame, request, upgradeHeaders } from '../testing/raw-client.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { statOf } from './process/process-tree.ts';
import { findBelow } from '../testing/leftovers.ts';
import { until } from '../testing/until.ts';

const TEST_SERVER = join(import.meta.dirname, 'testing', 'serve-test-labs.ts');
const MiB = 1024 * 1024;
const TEXT = 1;
const PONG = 10;

function isFolded({ kind }: TimelineEntry): boolean {
  return kind === 'folded';
}

/** The server still serves pages and runs labs. */
async function serves(server: ServerProcess): Promise<void> {
  assert.match(await ask(server.port, request('/', { Connection: 'close' })), /^HTTP\/1\.1 200 /);
  await Reader.roundTrip(server.port);
}

suite('attacks from the network', () => {
  let server: ServerProcess;
  before(async () => (server = await ServerProcess.start({ script: TEST_SERVER })));
  after(async () => {
    // An orderly end, however it was treated: nothing that is left delays it.
    assert.equal(await server.stop('SIGTERM'), 0, server.said);
  });

  test('ranges that no file has', async () => {
    const ranges = ['5-2', '0-99999999999999999999', '-', '-0', 'x-y', '9007199254740993-'];
    for (const range of ranges) {
      const headers = { Range: `bytes=${range}`, Connection: 'close' };
      assert.match(await ask(server.port, request('/', headers)), /^HTTP\/1\.1 200 /, range);
    }
    await serves(server);
  });

  test('page loads broken off in the middle leave no descriptor open', async () => {
    await serves(server);
    const before = server.descriptors;
    for (let round = 0; round < 20; round++) {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => connectTo(server.port)));
      for (const socket of sockets) {
        socket.write(request('/'));
        socket.once('data', () => socket.resetAndDestroy());
      }
      await until('all are reset', () => sockets.every(({ closed }) => closed));
    }
    await until('all is closed', () => server.descriptors <= before);
    await serves(server);
  });

  test('a site that is gone from the disk is still served', async () => {
    // The test server has removed its site’s folder before it said that it was ready.
    assert.match(await ask(server.port, request('/', { Connection: 'close' })), /A page/);
    assert.match(await ask(server.port, request('/nothing', { Connection: 'close' })), / 404 /);
  });

  test('upgrades whose target is no URL', async () => {
    const targets = ['//', '/\\', '//[', '//a:99999', 'http://', 'http://[::1/', 'http://%', '*'];
    for (const target of targets) {
      const answer = await ask(server.port, request(target, upgradeHeaders(server.port)));
      assert.match(answer, /^HTTP\/1\.1 40[04] /, target);
      const other = {
        ...upgradeHeaders(server.port),
        Upgrade: 'h2c',
        Connection: 'Upgrade, close',
      };
      await ask(server.port, request(target, other));
    }
    await serves(server);
  });

  test('an upgrade to another protocol than WebSocket is answered as any request is', async () => {
    const headers = { Connection: 'Upgrade, close', Upgrade: 'h2c' };
    assert.match(await ask(server.port, request('/', headers)), /^HTTP\/1\.1 200 .*A page/s);
  });

  test('whoever is turned away and does not close is closed', async () => {
    const before = server.descriptors;
    const sockets = await Promise.all(Array.from({ length: 100 }, () => connectTo(server.port)));
    const headers = { ...upgradeHeaders(server.port), Origin: 'http://evil.example' };
    for (const socket of sockets) socket.write(request(SESSION_PATH, headers));
    await until('all is closed', () => server.descriptors <= before);
    for (const socket of sockets) socket.destroy();
    await serves(server);
  });

  test('bad frames whose answers are not read close the connection', async () => {
    const socket = await connectTo(server.port);
    socket.write(request(SESSION_PATH, upgradeHeaders(server.port)));
    await once(socket, 'data');
    socket.pause();
    const before = server.memory;
    const bad = Buffer.concat([frame(TEXT, Buffer.from('x')), frame(PONG, Buffer.alloc(0))]);
    const block = Buffer.concat(Array.from({ length: 5000 }, () => bad));
    for (let round = 0; round < 40 && !socket.destroyed; round++) {
      if (!socket.write(block)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
    socket.resume();
    await until('the end', () => socket.destroyed || socket.readableEnded);
    socket.destroy();
    await server.keepsAtMost(before + 100 * MiB);
    await serves(server);
  });

  test('eight messages against the protocol are answered, and then it is closed with 1008', async () => {
    const reader = new Reader(server.port);
    await once(reader.socket, 'open');
    for (let index = 0; index < 50; index++) reader.socket.send('not JSON');
    await reader.until('the close', () => reader.closed !== undefined);
    assert.equal(reader.closed, 1008);
    assert.equal(reader.messages.length, 8);
  });

  test('a start after a refused one starts nothing', async () => {
    const reader = new Reader(server.port);
    await once(reader.socket, 'open');
    const start = { type: 'start', version: PROTOCOL_VERSION, cols: 80, rows: 24 };
    reader.say({ ...start, lab: 'no-such-lab' });
    reader.say({ ...start, lab: 'quitter' });
    await reader.until('the close', () => reader.closed !== undefined);
    assert.deepEqual(
      reader.messages.map(({ type }) => type),
      ['session-ended'],
    );
    const health = await ask(server.port, request('/healthz', { Connection: 'close' }));
    assert.match(health, /"sessions":0/);
  });

  test('requests without end, whose answers are not read, close the connection', async () => {
    const block = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2500);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => connectTo(server.port)));
    for (const socket of sockets) {
      socket.write(request('/healthz'));
      await once(socket, 'data');
    }
    const [before, memory] = [server.descriptors, server.memory];
    // Nothing is read any more, and the server closes all the same.
    for (const socket of sockets) socket.pause().write(block);
    await until('all are closed', () => server.descriptors <= before - sockets.length);
    for (const socket of sockets) socket.destroy();
    await server.keepsAtMost(memory + 150 * MiB);
    await serves(server);
  });

  test('a request that has a body, or another method, is refused and closed', async () => {
    const length = { 'Content-Length': '999999999999' };
    for (const target of ['/', '/healthz']) {
      assert.match(await ask(server.port, request(target, length)), /^HTTP\/1\.1 413 /);
      const chunked = request(target, { 'Transfer-Encoding': 'chunked' });
      assert.match(await ask(server.port, chunked), /^HTTP\/1\.1 413 /);
      for (const method of ['POST', 'PUT', 'DELETE', 'TRACE', 'OPTIONS']) {
        const answer = await ask(server.port, request(target).replace('GET', method));
        assert.match(answer, /^HTTP\/1\.1 405 .*Allow: GET, HEAD/s, method);
      }
    }
  });

  test('a message longer than any of the protocol is not even parsed', async () => {
    const reader = new Reader(server.port);
    await once(reader.socket, 'open');
    reader.socket.send(`{"type":"stop","seq":0${',"type":"stop"'.repeat(4000)}}`);
    await reader.message('error', ({ message }) => message.includes('too large: at most 1024'));
    reader.socket.close();
  });

  test('no number of empty or tiny input frames holds up anybody', async () => {
    const reader = await Reader.start(server.port, 'quitter');
    await reader.connected('alice');
    const { process } = await reader.message('started', ({ name }) => name === 'server');
    for (let index = 0; index < 3000; index++) {
      reader.send(process, Buffer.from(index % 2 === 0 ? 'x' : ''));
    }
    await serves(server);
    reader.say({ type: 'stop' });
    await reader.end();
  });
});

suite('attacks of programs', () => {
  for (const way of ['names', 'flood', 'sets', 'garbage', 'costly']) {
    test(`${way} through the feed: it costs its own run at most`, async () => {
      await using server = await ServerProcess.start({ script: TEST_SERVER });
      await serves(server);
      const before = server.memory;
      const readers = await Promise.all([
        Reader.start(server.port, 'hostile', way),
        Reader.start(server.port, 'hostile', way),
      ]);
      for (const reader of readers) await reader.shows('server', 'Attacking');
      // One page is told, the other reads nothing of it.
      const [told, deaf] = readers;
      deaf.socket.pause();
      // Lines that are too long to be any are not even heard, and long ones are read as fast as they may come.
      if (way !== 'costly' && way !== 'sets') {
        await told.message('error', ({ message }) => message.includes('left out'));
      }
      for (let round = 0; round < 3; round++) await serves(server);
      await server.keepsAtMost(before + 100 * MiB);
      deaf.socket.resume();
      for (const reader of readers) reader.say({ type: 'stop' });
      for (const reader of readers) assert.deepEqual(await reader.end(), { kind: 'stopped' });
    });
  }

  test('calls without a pause are told folded, and cost the server next to nothing', async () => {
    await using server = await ServerProcess.start({ script: TEST_SERVER });
    await serves(server);
    const before = server.memory;
    const reader = await Reader.start(server.port, 'busy', 'calls');
    const told = (): TimelineEntry[] =>
      reader.messages.flatMap((each) => (each.type === 'timeline' ? each.entries : []));
    const folded = (): number =>
      told().reduce((sum, entry) => sum + (entry.kind === 'folded' ? entry.calls : 0), 0);
    await reader.until('many calls', () => folded() > 1_000_000);
    assert.ok(told().length < folded() / 10, `${told().length} entries`);
    await serves(server);
    await server.keepsAtMost(before + 100 * MiB);
    // It was the library that left them out, where it costs least.
    assert.ok(!reader.messages.some(({ type }) => type === 'error'));
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
  });

  for (const way of ['claims', 'endless']) {
    test(`a timeline of lies, ${way}: it costs its own run at most`, async () => {
      await using server = await ServerProcess.start({ script: TEST_SERVER });
      await serves(server);
      const before = server.memory;
      const readers = await Promise.all([
        Reader.start(server.port, 'busy', way),
        Reader.start(server.port, 'busy', way),
      ]);
      for (const reader of readers) await reader.shows('server', 'Calling');
      const [told, deaf] = readers;
      deaf.socket.pause();
      if (way === 'claims') {
        // What is heard is folded, and what isn’t is counted.
        await told.message('timeline', ({ entries }) => entries.some(isFolded));
        await told.message('timeline', ({ lost = 0 }) => lost > 0);
      }
      for (let round = 0; round < 3; round++) await serves(server);
      await server.keepsAtMost(before + 100 * MiB);
      deaf.socket.resume();
      for (const reader of readers) reader.say({ type: 'stop' });
      for (const reader of readers) assert.deepEqual(await reader.end(), { kind: 'stopped' });
    });
  }

  test('a program started while the page is behind waits for it, as the others do', async () => {
    const limits = { READABLE_OUTPUT_LIMIT: '1000000000' };
    await using server = await ServerProcess.start({ script: TEST_SERVER, environment: limits });
    const reader = await Reader.start(server.port, 'hostile', 'output');
    await reader.message('ready');
    reader.socket.pause();
    // It would write without end: that it uses no more processor means that it can't.
    const blocked = (program: string): (() => boolean) => {
      let looks = { cpu: '', same: 0 };
      return () => {
        const pid = findBelow(server.pid, program).at(-1);
        const cpu = pid === undefined ? undefined : statOf(pid)?.cpu;
        if (cpu === undefined) return false;
        looks = { cpu, same: cpu === looks.cpu ? looks.same + 1 : 0 };
        return looks.same > 30;
      };
    };
    await until('the program waits', blocked('hostile/server.ts'));
    // Read on, it would fill what is kept for the page, and that would be the end of the run.
    reader.say({ type: 'launch', program: 'endless', cols: 80, rows: 24 });
    await until('the one started later waits too', blocked('/endless.ts'));
    reader.say({ type: 'launch', program: 'brief', cols: 80, rows: 24 });
    await until('the other one was there', () => findBelow(server.pid, '/brief.ts').length > 0);
    await until('and is gone', () => findBelow(server.pid, '/brief.ts').length === 0);
    reader.socket.resume();
    await reader.shows('brief', 'a last word');
    await reader.shows('endless', 'more and more');
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
  });
});

suite('a server that is short of descriptors', () => {
  test('lets nobody in, says so, and goes on', async () => {
    await using server = await ServerProcess.start({
      script: TEST_SERVER,
      by: ['prlimit', '--nofile=160'],
    });
    const idle = await Promise.all(Array.from({ length: 50 }, () => connectTo(server.port)));
    const reader = await Reader.start(server.port, 'quitter');
    const end = await reader.end();
    assert.equal(end.kind, 'no-room');
    assert.match(JSON.stringify(end), /descriptors/);
    for (const socket of idle) socket.destroy();
    await until('all is closed', () => server.descriptors < 50);
    await serves(server);
  });

  test('takes connections only as long as runs can still have some', async () => {
    await using server = await ServerProcess.start({
      script: TEST_SERVER,
      by: ['prlimit', '--nofile=400'],
    });
    const sockets = await Promise.all(Array.from({ length: 150 }, () => connectTo(server.port)));
    await serves(server);
    // The kernel connects them all; the server closes those that are too many.
    const more = await Promise.all(Array.from({ length: 300 }, () => connectTo(server.port)));
    for (const socket of more) socket.resume();
    await until('one too many is closed', () =>
      more.some(({ readableEnded, destroyed }) => readableEnded || destroyed),
    );
    sockets.push(...more);
    for (const socket of sockets) socket.destroy();
    await until('all is closed', () => server.descriptors < 60);
    await serves(server);
  });
});

suite('signals', () => {
  for (const signals of [
    ['SIGHUP'],
    ['SIGQUIT'],
    ['SIGUSR2'],
    ['SIGTERM', 'SIGHUP', 'SIGHUP'],
  ] as const) {
    test(`${signals.join(', ')} ends the server as SIGTERM does: readers are told`, async () => {
      await using server = await ServerProcess.start();
      const reader = await Reader.start(server.port, 'echo-listener');
      await reader.connected('alice');
      for (const signal of signals.slice(0, -1)) process.kill(server.pid, signal);
      const stopped = server.stop(signals.at(-1));
      assert.deepEqual(await reader.end(), { kind: 'shutdown' });
      assert.equal(await stopped, 0);
    });
  }

  test('SIGUSR1 opens no debugger', async () => {
    await using server = await ServerProcess.start({ script: TEST_SERVER });
    process.kill(server.pid, 'SIGUSR1');
    await serves(server);
    assert.doesNotMatch(server.said, /Debugger/);
  });
});
