import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { suite, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '../../testing/until.ts';
import { LastResort } from '../last-resort.ts';
import { SessionSocket } from './session-socket.ts';

/** A page’s end of a WebSocket, and the server’s: each start is refused by the mistake `work` makes. */
async function connected(work: () => never) {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = new WebSocketServer({ server: http });
  const address = http.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  const page = new WebSocket(`ws://127.0.0.1:${address.port}`);
  const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  await once(page, 'open');
  const socket = await accepted;
  new SessionSocket(socket, work, new LastResort());
  const said: string[] = [];
  page.on('message', (data) => {
    if (Buffer.isBuffer(data)) said.push(data.toString());
  });
  return {
    ...{ page, socket, said },
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
  test('is read more slowly when frames come faster than a page makes them', async () => {
    await using both = await connected(mistake);
    for (let index = 0; index < 3000; index++) both.page.pong();
    await until('a pause', () => both.socket.isPaused);
    await until('the end of it', () => !both.socket.isPaused);
    assert.equal(both.socket.readyState, both.socket.OPEN);
  });

  test('and when more bytes come', async () => {
    await using both = await connected(mistake);
    for (let index = 0; index < 30; index++) both.page.send(Buffer.alloc(64 * 1024));
    await until('a pause', () => both.socket.isPaused || both.socket.readyState !== 1);
  });

  test('is told of a mistake of the server’s, and closed with 1011', async () => {
    await using both = await connected(mistake);
    both.page.send(START);
    const code = await new Promise<number>((resolve) => both.page.once('close', resolve));
    assert.equal(code, 1011);
    assert.match(both.said.join(), /made a mistake/);
  });
});
