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
import { asksForSession } from './gateway.ts';
import { Reader, TEST_LABS, serve, type TestServer } from '../testing/reader.ts';

test('sessions are below the base, and nowhere else', () => {
  for (const [base, url] of [
    ['/', '/session'],
    ['/', '/session?x'],
    ['/book/', '/book/session'],
    ['/book/', '/book/session?x'],
  ] as const) {
    assert.ok(asksForSession({ url }, base), url);
  }
  for (const [base, url] of [
    ['/', '/book/session'],
    ['/', '/sessions'],
    ['/book/', '/session'],
    ['/book/', '/booksession'],
    ['/book/', '/book/sessions'],
  ] as const) {
    assert.ok(!asksForSession({ url }, base), url);
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
