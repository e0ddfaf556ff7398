import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { isRead } from './tcp-queue.ts';
import { until } from '../../../testing/until.ts';

test('what was sent is seen to be read, or not', async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  const client = connect(address.port, '127.0.0.1');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await once(client, 'connect');
  const between = { from: client.localPort ?? 0, to: address.port };
  const other = await accepted;
  await until('nothing waits', () => isRead(between));
  client.write('x');
  await until('a byte waits', () => !isRead(between));
  other.resume();
  await until('it is read', () => isRead(between));
  client.destroy();
  other.destroy();
  server.close();
  await until('the sockets are gone', () => !isRead(between));
});
