import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';
import { TerminalProcess } from '../process/terminal-process.ts';
import { until } from '../../testing/until.ts';
import { PROTOCOL_VERSION } from '../../protocol/messages.ts';
import { ask, request, upgradeHeaders } from '../../testing/raw-client.ts';
import type { LogEvent } from '../log.ts';
import { askedSession } from './gateway.ts';
import { Reader, TEST_LABS, serve, type TestServer } from '../testing/reader.ts';

test('sessions are below the base, and nowhere else', () => {
  for (const [base, url, asked] of [
    ['/', '/session', { kind: 'any' }],
    ['/', '/session?x', { kind: 'any' }],
    ['/', '/session/now', { kind: 'place' }],
    ['/book/', '/book/session', { kind: 'any' }],
    ['/book/', '/book/session?x/at/y', { kind: 'any' }],
    ['/book/', '/book/session/now?x', { kind: 'place' }],
    ['/', '/session/at/now', { kind: 'server', name: 'now' }],
    ['/book/', '/book/session/at/readable-0', { kind: 'server', name: 'readable-0' }],
  ] as const) {
    assert.deepEqual(askedSession({ url }, base), asked, url);
  }
  for (const [base, url] of [
    ['/', '/book/session'],
    ['/', '/sessions'],
    ['/book/', '/session'],
    ['/book/', '/booksession'],
    ['/book/', '/book/sessions'],
    ['/book/', '/book'],
    ['/', '/session/'],
    ['/', '/session/later'],
    ['/', '/session/at/'],
    ['/', '/session/at/Upper'],
    ['/', '/session/at/a/b'],
    ['/', '/session/at/-a'],
    ['/', '/session/at/%61'],
  ] as const) {
    assert.equal(askedSession({ url }, base), undefined, url);
  }
});

test('nothing that a stranger says of itself is in the log but an address and a host', async () => {
  const events: LogEvent[] = [];
  const log = { write: (event: LogEvent) => events.push(event) };
  const settings = { READABLE_PROXY: '127.0.0.1' };
  await using server = await serve(TEST_LABS, settings, 'quitter', log);
  const junk = ['\u009b2J', 'a\tb', '%0a%1b[2J', '\u202eevil', 'x'.repeat(4000), '"}{', '..', '‮'];
  const upgrade = upgradeHeaders(server.port);
  for (const each of junk) {
    const origins = [each, `http://${each}`, `http://${each}.example`, `file://${each}/`];
    for (const Origin of origins) {
      const fields = { ...upgrade, Origin, 'X-Forwarded-For': `${each}, 192.0.2.7, ${each}` };
      const answer = await ask(server.port, request('/session', fields));
      assert.match(answer, /^HTTP\/1\.1 403 /, JSON.stringify(Origin));
    }
    await ask(server.port, request('/session', { ...upgrade, Host: each }));
  }
  assert.ok(events.length >= junk.length * 4);
  for (const event of events) {
    assert.ok(event.event === 'refused' && event.address === '127.0.0.1', JSON.stringify(event));
    assert.match(event.detail ?? '', /^[\w.:%{}"[\]-]*$/);
  }
});

suite('the gateway', () => {
  let server: TestServer;
  before(
    async () => (server = await serve(TEST_LABS, { READABLE_SESSIONS: '3', READABLE_QUEUE: '0' })),
  );
  after(() => server[Symbol.asyncDispose]());

  test('a page of another origin is turned away, with the reason', async () => {
    const reader = new Reader(server.port, 'http://evil.example');
    const response = await new Promise<IncomingMessage>((resolve) => {
      reader.socket.once('unexpected-response', (_, answer) => resolve(answer));
    });
    assert.equal(response.statusCode, 403);
    assert.match(await text(response), /READABLE_HOSTS/);
  });

  test('another version of the protocol is refused in words', async () => {
    const reader = new Reader(server.port);
    await once(reader.socket, 'open');
    reader.say({ type: 'start', version: 999, lab: 'quitter', cols: 80, rows: 24 });
    const end = await reader.end();
    assert.equal(end.kind, 'refused');
    assert.match(JSON.stringify(end), /another version/);
  });

  test('an unknown lab is refused by name', async () => {
    const reader = await Reader.start(server.port, 'no-such-lab');
    assert.match(JSON.stringify(await reader.end()), /no-such-lab/);
  });

  test('malformed, early and oversized messages get an error each, and the session goes on', async () => {
    const reader = new Reader(server.port);
    await once(reader.socket, 'open');
    reader.socket.send('{"type":');
    await reader.message('error', ({ message }) => message.includes('not JSON'));
    reader.socket.send('{"type":"resize","seq":0,"process":1,"cols":80,"rows":24}');
    await reader.message('error', ({ message }) => message.includes('start one first'));
    reader.say({ type: 'start', version: PROTOCOL_VERSION, lab: 'quitter', cols: 80, rows: 24 });
    await reader.connected('alice');
    reader.say({ type: 'start', version: PROTOCOL_VERSION, lab: 'quitter', cols: 80, rows: 24 });
    await reader.message('error', ({ message }) => message.includes('has its session already'));
    reader.say({ type: 'dance' });
    await reader.message('error', ({ message }) => message.includes('“type”'));
    reader.socket.send('{"type":"resize","seq":0,"process":1,"cols":-4,"rows":24}');
    await reader.message('error', ({ message }) => message.includes('“cols”'));
    reader.socket.send(Buffer.from([1, 2]));
    await reader.message('error', ({ message }) => message.includes('no header'));
    reader.socket.send(Buffer.alloc(70_000));
    await reader.message('error', ({ message }) => message.includes('70000 bytes is too large'));
    reader.type('alice', 'still here\n');
    await reader.shows('alice', 'still here', 2);
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
  });

  test('a message beyond all measure closes the connection with 1009', async () => {
    const reader = new Reader(server.port);
    await once(reader.socket, 'open');
    reader.socket.send(Buffer.alloc(2 * 1024 * 1024));
    await reader.until('the close', () => reader.closed !== undefined);
    assert.equal(reader.closed, 1009);
  });

  test('a full server without a queue says so, and has room again when a run ends', async () => {
    const running = await Promise.all([1, 2, 3].map(() => Reader.start(server.port, 'quitter')));
    for (const reader of running) await reader.connected('alice');
    const late = await Reader.start(server.port, 'quitter');
    const refused = await late.end();
    assert.equal(refused.kind, 'no-room');
    for (const reader of running) reader.say({ type: 'stop' });
    for (const reader of running) await reader.until('close', () => reader.closed !== undefined);
    const next = await Reader.start(server.port, 'quitter');
    await next.connected('alice');
    next.say({ type: 'stop' });
    await next.end();
  });

  test('a mistake on the way does not keep a session from its end', async (context) => {
    const reader = await Reader.start(server.port, 'quitter');
    await reader.connected('alice');
    const logged = context.mock.method(console, 'error', () => {});
    const broken = context.mock.method(
      TerminalProcess.prototype,
      'kill',
      () => {
        throw new Error('made for this test');
      },
      { times: 1 },
    );
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
    await until('its place is free', () => server.service.capacity.used === 0);
    assert.ok(broken.mock.callCount() > 0 && logged.mock.callCount() > 0);
  });
});

suite('one server among several', () => {
  const PLACE = '/session/now';
  let server: TestServer;
  before(async () => {
    server = await serve(TEST_LABS, { READABLE_SESSIONS: '2', READABLE_NAME: 'north' });
  });
  after(() => server[Symbol.asyncDispose]());

  /** What a WebSocket is answered instead of being opened, or `open`. */
  async function answered(path: string): Promise<number | 'open'> {
    const { socket } = new Reader(server.port, undefined, {}, path);
    const answer = await new Promise<number | 'open'>((resolve) => {
      socket.once('open', () => resolve('open'));
      socket.once('unexpected-response', (_, { statusCode = 0 }: IncomingMessage) => {
        resolve(statusCode);
      });
    });
    socket.terminate();
    return answer;
  }

  async function stopped(reader: Reader): Promise<void> {
    reader.say({ type: 'stop' });
    await reader.until('the close', () => reader.closed !== undefined);
  }

  test('opens no more WebSockets for a place than it has places', async () => {
    const first = new Reader(server.port, undefined, {}, PLACE);
    const second = new Reader(server.port, undefined, {}, PLACE);
    for (const { socket } of [first, second]) await once(socket, 'open');
    // Nobody has a place yet; both have been promised one.
    assert.equal(server.service.capacity.used, 0);
    assert.equal(await answered(PLACE), 503);
    assert.equal(await answered('/session'), 'open');
    for (const reader of [first, second]) reader.startLab('quitter');
    for (const reader of [first, second]) await reader.connected('alice');
    assert.equal(await answered(PLACE), 503);
    await stopped(first);
    assert.equal(await answered(PLACE), 'open');
    await stopped(second);
  });

  test('promises nothing to one who comes back to the place that it has', async () => {
    const first = await Reader.start(server.port, 'quitter');
    await first.connected('alice');
    const { token } = await first.message('welcome');
    const again = new Reader(server.port, undefined, {}, PLACE);
    await once(again.socket, 'open');
    assert.equal(await answered(PLACE), 503);
    again.say({ type: 'resume', version: PROTOCOL_VERSION, token, received: 0 });
    await again.message('resumed');
    assert.equal(await answered(PLACE), 'open');
    await stopped(again);
  });

  test('says its name, by which a reader comes back to it', async () => {
    const reader = await Reader.start(server.port, 'quitter');
    assert.equal((await reader.message('welcome')).server, 'north');
    reader.socket.terminate();
    await reader.comeBack();
    await reader.message('resumed');
    await stopped(reader);
  });

  test('says of a run on another that it is gone', async () => {
    const reader = new Reader(server.port, undefined, {}, '/session/at/south');
    await once(reader.socket, 'open');
    const token = 'abcdefghijklmnopqrstuv';
    reader.say({ type: 'resume', version: PROTOCOL_VERSION, token, received: 0 });
    await reader.message('gone');
  });

  test('that drains is for those who ask for it by name, and sends others on', async () => {
    const reader = await Reader.start(server.port, 'quitter');
    await reader.connected('alice');
    server.service.gateway.drain(60);
    for (const path of ['/session', PLACE]) assert.equal(await answered(path), 503, path);
    reader.socket.terminate();
    await reader.comeBack();
    await reader.message('resumed');
    await stopped(reader);
  });
});

test('no reader is promised more places than they may have', async () => {
  const settings = { READABLE_SESSIONS: '3', READABLE_PER_READER: '1' };
  await using server = await serve(TEST_LABS, { ...settings, READABLE_PROXY: '127.0.0.1' });
  const open = (address: string): Promise<boolean> => {
    const headers = { 'X-Forwarded-For': address };
    const { socket } = new Reader(server.port, undefined, headers, '/session/now');
    return new Promise((resolve) => {
      socket.once('open', () => resolve(true));
      socket.once('close', () => resolve(false));
    });
  };
  const found: boolean[] = [];
  for (const address of ['2001:db8::1', '2001:db8::2', '203.0.113.7', '203.0.113.7']) {
    found.push(await open(address));
  }
  assert.deepEqual(found, [true, false, true, false]);
});

test('a gateway that closes starts no session on a WebSocket that is open already', async () => {
  await using server = await serve(TEST_LABS);
  const running = await Reader.start(server.port, 'quitter');
  await running.connected('alice');
  const idle = new Reader(server.port);
  await once(idle.socket, 'open');
  const closed = server.service.close();
  idle.say({ type: 'start', version: PROTOCOL_VERSION, lab: 'quitter', cols: 80, rows: 24 });
  await closed;
  assert.equal(server.service.capacity.used, 0);
  await idle.until('the close', () => idle.closed !== undefined);
  assert.ok(idle.messages.every(({ type }) => type === 'session-ended'));
  assert.deepEqual(await running.end(), { kind: 'shutdown' });
});
