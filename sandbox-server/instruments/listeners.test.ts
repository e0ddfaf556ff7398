import assert from 'node:assert/strict';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listenersOf } from './listeners.ts';

test('a process’s listeners are found, with their addresses, and no connection is taken for one', async () => {
  const addresses = ['127.0.0.1', '::1', '0.0.0.0', '::'];
  const servers = await Promise.all(
    addresses.map(async (host) => {
      const server = createServer().listen(0, host);
      await once(server, 'listening');
      return server;
    }),
  );
  const expected = servers.map((server, index) => {
    const address = server.address();
    assert.ok(typeof address === 'object' && address);
    const host = addresses[index] ?? '';
    return `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
  });
  assert.deepEqual(listenersOf(process.pid).sort(), expected.sort());
  for (const server of servers) server.close();
});

test('a process that is gone listens nowhere', () => {
  assert.deepEqual(listenersOf(2 ** 22), []);
});

test('the look is a short one, however many descriptors there are', async () => {
  const more: number[] = [];
  const server = createServer();
  try {
    // More than are looked at, each with a smaller number than the one that listens.
    for (let count = 0; count < 5000; count++) more.push(openSync('/dev/null', 'r'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    assert.deepEqual(listenersOf(process.pid), []);
    for (const fd of more.splice(0)) closeSync(fd);
    assert.equal(listenersOf(process.pid).length, 1);
  } finally {
    for (const fd of more) closeSync(fd);
    server.close();
  }
});
