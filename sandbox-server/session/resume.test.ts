/** A page that loses its WebSocket and comes back, or does not, on a real server and real sandboxes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test, type TestContext } from 'node:test';
import { footprint, leftovers } from '../../testing/leftovers.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import { HEARTBEAT, MISSED_BEATS, PROTOCOL_VERSION } from '../../protocol/messages.ts';
import { Reader, TEST_LABS, serve, type TestServer } from '../testing/reader.ts';

/** Longer than any test takes. */
const LONG = { READABLE_HOLD: '600' };

/** A run of a lab that echoes, with its page connected. */
async function running(server: TestServer): Promise<Reader> {
  const reader = await Reader.start(server.port, 'quitter');
  await reader.connected('alice');
  return reader;
}

/** The network drops a page’s connection: no close frame says so. */
async function cut(reader: Reader): Promise<void> {
  reader.socket.terminate();
  await reader.until('the close', () => reader.closed !== undefined);
}

/** The server’s beat is under the test’s hand; nothing else is. */
function heart(context: TestContext): (beats: number) => void {
  context.mock.timers.enable({ apis: ['setInterval'] });
  return (beats) => context.mock.timers.tick(beats * HEARTBEAT);
}

suite('a page that loses its WebSocket', () => {
  test('comes back and misses nothing', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    reader.type('alice', 'said while the connection broke\n');
    // Whether or not the answer is on its way by now, it comes, once.
    await cut(reader);
    assert.equal(server.service.capacity.used, 1);
    await reader.comeBack();
    const { received } = await reader.message('resumed');
    if (received === 0) reader.type('alice', 'said while the connection broke\n');
    await reader.shows('alice', 'said while', 2);
    reader.type('alice', 'and after it\n');
    const shown = await reader.shows('alice', 'and after it', 2);
    assert.equal(shown.split('said while').length, 3);
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
    await until('its place is free', () => server.service.capacity.used === 0);
  });

  test('keeps its place, and loses it when it does not come back', LIMIT, async () => {
    await using server = await serve(TEST_LABS, {
      ...{ READABLE_HOLD: '1', READABLE_SESSIONS: '1', READABLE_QUEUE: '0' },
    });
    const reader = await running(server);
    using before = footprint(process.pid);
    await cut(reader);
    const other = await Reader.start(server.port, 'quitter');
    assert.equal((await other.end()).kind, 'no-room');
    await until('its place is free', () => server.service.capacity.used === 0);
    assert.deepEqual(leftovers(before), []);
    await reader.comeBack();
    await reader.message('gone');
    await reader.until('the close', () => reader.closed === 1000);
  });

  test('frees its place at once when it says that it leaves', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    for (const code of [1000, 1001, undefined]) {
      const reader = await running(server);
      reader.socket.close(code);
      await until('its place is free', () => server.service.capacity.used === 0);
    }
  });

  test('and closes it because it hears nothing, comes back all the same', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    reader.socket.close(4000);
    await reader.until('the close', () => reader.closed !== undefined);
    await reader.comeBack();
    await reader.message('resumed');
  });

  test('is not waited for when it broke the protocol', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const wrong = await running(server);
    for (let index = 0; index < 8; index++) wrong.socket.send('not JSON');
    await until('its place is free', () => server.service.capacity.used === 0);
    const large = await running(server);
    large.socket.send(Buffer.alloc(2 * 1024 * 1024));
    await until('its place is free', () => server.service.capacity.used === 0);
  });

  test('may be on a newer one before the server knows: the newer one counts', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    const older = reader.socket;
    const closed = once(older, 'close');
    await reader.comeBack();
    await reader.message('resumed');
    await closed;
    assert.equal(server.service.capacity.used, 1);
    reader.type('alice', 'on the newer one\n');
    await reader.shows('alice', 'on the newer one', 2);
  });

  test(
    'hears why its run ended meanwhile, and all that was printed until then',
    LIMIT,
    async () => {
      await using server = await serve(TEST_LABS, LONG);
      const reader = await running(server);
      // The server program ends by that; the connection breaks before anything of it is heard.
      reader.socket.pause();
      reader.type('server', '7\n');
      await until('its place is free', () => server.service.capacity.used === 0);
      await cut(reader);
      await reader.comeBack();
      assert.deepEqual(await reader.end(), { kind: 'finished', end: { kind: 'exited', code: 7 } });
      assert.match(reader.shown.get('alice') ?? '', /The server closed the connection/);
      await reader.until('the close', () => reader.closed === 1000);
      // Now there is nothing left to come back to.
      await reader.comeBack();
      await reader.message('gone');
    },
  );

  test(
    'pauses its programs when they print too much for it, and then gets all of it',
    LIMIT,
    async () => {
      const limit = 4 * 1024 * 1024;
      await using server = await serve(TEST_LABS, {
        ...LONG,
        READABLE_OUTPUT_LIMIT: String(limit),
      });
      const reader = await Reader.start(server.port, 'flood');
      await reader.shows('server', 'flood');
      await cut(reader);
      const before = reader.received;
      await reader.comeBack();
      await reader.until('more', () => reader.received > before + 1024 * 1024);
      assert.deepEqual(await reader.end(), { kind: 'output-limit', bytes: limit });
      const lines = (reader.shown.get('server') ?? '').split('\r\n').slice(0, -1);
      assert.ok(lines.every((line) => line === 'flood '.repeat(12)));
    },
  );

  test('is over when the time limit comes while it is away', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { ...LONG, READABLE_TIME_LIMIT: '3' });
    const reader = await Reader.start(server.port, 'quitter');
    await reader.message('welcome');
    await cut(reader);
    await until('its place is free', () => server.service.capacity.used === 0);
    await reader.comeBack();
    assert.deepEqual(await reader.end(), { kind: 'time-limit', seconds: 3 });
  });

  test('is waited for no longer when the server shuts down', LIMIT, async () => {
    const server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    using before = footprint(process.pid);
    await cut(reader);
    // It would not end for ten minutes if a timer were left.
    await server[Symbol.asyncDispose]();
    assert.equal(server.service.capacity.used, 0);
    assert.deepEqual(leftovers(before), []);
  });
});

suite('a session', () => {
  test('belongs to whoever has its token, and nobody else', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    const { token, session } = await reader.message('welcome');
    assert.match(token, /^[\w-]{22}$/);
    assert.notEqual(token, session);
    await cut(reader);
    for (const guess of ['a'.repeat(22), `${token.slice(0, -1)}_`, token.toLowerCase()]) {
      const stranger = new Reader(server.port);
      await once(stranger.socket, 'open');
      stranger.say({ type: 'resume', version: PROTOCOL_VERSION, token: guess, received: 0 });
      await stranger.message('gone');
      assert.deepEqual(
        stranger.messages.map(({ type }) => type),
        ['gone'],
      );
    }
    await reader.comeBack();
    await reader.message('resumed');
  });

  test('is resumed from nowhere but where it can be', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    const { token } = await reader.message('welcome');
    for (const [version, received] of [
      [PROTOCOL_VERSION, 1_000_000],
      [PROTOCOL_VERSION - 1, 0],
    ]) {
      const socket = new Reader(server.port);
      await once(socket.socket, 'open');
      socket.say({ type: 'resume', version, token, received });
      await socket.message('gone');
    }
    // Whoever asked so has taken nothing away.
    reader.type('alice', 'still here\n');
    await reader.shows('alice', 'still here', 2);
  });

  test('takes each message of its page once, in its order', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    const before = reader.messages.length;
    reader.socket.send('{"type":"stop","seq":5}');
    await reader.message('error', ({ message }) => message.includes('5 came instead of 0'));
    reader.socket.send('{"type":"ack","received":1000}');
    await reader.message('error', ({ message }) => message.includes('1000'));
    assert.ok(reader.messages.slice(before).every(({ type }) => type !== 'session-ended'));
  });

  test('survives 30 seconds of silence; 40 are too many', LIMIT, async (context) => {
    const pass = heart(context);
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    // The socket stays open, as behind a cut cable, but nothing is read any more.
    reader.socket.pause();
    pass(MISSED_BEATS);
    assert.equal(server.service.capacity.used, 1);
    reader.socket.resume();
    reader.type('alice', 'back from a tunnel\n');
    await reader.shows('alice', 'back from a tunnel', 2);
    assert.equal(reader.closed, undefined);
    reader.socket.pause();
    pass(MISSED_BEATS + 1);
    reader.socket.resume();
    await reader.until('the close', () => reader.closed === 1006);
    assert.equal(server.service.capacity.used, 1);
    await reader.comeBack();
    await reader.message('resumed');
  });

  test(
    'says something at each beat, so that a page knows that it is there',
    LIMIT,
    async (context) => {
      const pass = heart(context);
      await using server = await serve(TEST_LABS, LONG);
      const reader = await running(server);
      reader.type('alice', 'x');
      await reader.shows('alice', 'x');
      pass(1);
      const { received } = await reader.message('ack');
      assert.equal(received, 1);
    },
  );

  test('can’t be had while the server shuts down', LIMIT, async () => {
    await using server = await serve(TEST_LABS, LONG);
    const reader = await running(server);
    const { token } = await reader.message('welcome');
    const idle = new Reader(server.port);
    await once(idle.socket, 'open');
    await cut(reader);
    const closed = server.service.close();
    idle.say({ type: 'resume', version: PROTOCOL_VERSION, token, received: 0 });
    await closed;
    await idle.until('the close', () => idle.closed !== undefined);
    assert.equal(server.service.capacity.used, 0);
    // It may still have heard how the session ended, and nothing after that.
    assert.deepEqual(
      idle.messages.slice(-1).map(({ type }) => type),
      ['session-ended'],
    );
  });
});
