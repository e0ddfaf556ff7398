import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { HEARTBEAT, MISSED_BEATS } from '../../protocol/messages.ts';
import { frame } from '../../testing/raw-client.ts';
import { until } from '../../testing/until.ts';
import { LastResort } from '../last-resort.ts';
import { SessionSocket } from './session-socket.ts';

const PONG = 10;

/** A page’s end of a WebSocket, and the server’s: each start is answered by the mistake that `work` makes. */
async function connected(work: () => never) {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer({ server: http });
  const address = http.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  const opened = Promise.withResolvers<Socket>();
  const page = new WebSocket(`ws://127.0.0.1:${address.port}`, {
    finishRequest: (request) => {
      request.on('socket', opened.resolve);
      request.end();
    },
  });
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  await once(page, 'open');
  const [socket, raw] = await Promise.all([accepted, opened.promise]);
  new SessionSocket(socket, { start: work, resume: () => undefined }, new LastResort());
  const said: string[] = [];
  page.on('message', (data) => {
    if (Buffer.isBuffer(data)) said.push(data.toString());
  });
  return {
    ...{ page, socket, raw, said },
    async [Symbol.asyncDispose]() {
      page.terminate();
      socket.terminate();
      server.close();
      http.close();
      await once(http, 'close');
    },
  };
}

const START = JSON.stringify({ type: 'start', version: 1, lab: 'lab', cols: 80, rows: 24 });

function mistake(): never {
  throw new Error('made for this test');
}

suite('a page’s WebSocket', () => {
  test('is read more slowly when frames come faster than a page makes them', async (context) => {
    await using both = await connected(mistake);
    const pause = context.mock.method(both.socket, 'pause');
    const resume = context.mock.method(both.socket, 'resume');
    // So many in one write come in one read, however busy the machine is.
    both.raw.write(Buffer.concat(Array.from({ length: 4000 }, () => frame(PONG, Buffer.alloc(0)))));
    await until('a pause, and its end', () => {
      return pause.mock.callCount() > 0 && resume.mock.callCount() === pause.mock.callCount();
    });
    assert.equal(both.socket.readyState, both.socket.OPEN);
  });

  test('and when more bytes come', async (context) => {
    await using both = await connected(mistake);
    const pause = context.mock.method(both.socket, 'pause');
    // Larger than what the protocol takes, and smaller than what ws does.
    for (let index = 0; index < 7; index++) both.page.send(Buffer.alloc(900 * 1024));
    await until('a pause', () => pause.mock.callCount() > 0);
  });

  test('that asks for nothing is closed, and not before it counts as silent', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    await using both = await connected(mistake);
    const closed = new Promise<number>((resolve) => both.page.once('close', resolve));
    context.mock.timers.tick(MISSED_BEATS * HEARTBEAT - 1);
    assert.equal(both.socket.readyState, both.socket.OPEN);
    context.mock.timers.tick(1);
    assert.equal(await closed, 1002);
  });

  test('is told of a mistake of the server’s, and closed with 1011', async () => {
    await using both = await connected(mistake);
    both.page.send(START);
    const code = await new Promise<number>((resolve) => both.page.once('close', resolve));
    assert.equal(code, 1011);
    assert.match(both.said.join(), /made a mistake/);
  });
});
