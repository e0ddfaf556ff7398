/** 200 clients at once on each of the ROT13 servers. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { availableMemory } from 'node:process';
import { suite, test } from 'node:test';
import { LIMIT } from '../patience.ts';
import { until } from '../until.ts';
import { rot13 } from './scripts.ts';
import { NAMES, RunningServer, greet, leave } from './servers.ts';

/** A connection of which either side can end before the other. */
function open(port: number): Socket {
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
}

suite('200 clients at once, each with its own lines in pieces', { concurrency: 1 }, () => {
  for (const name of NAMES) {
    // A worker thread takes some 13 MB: a small computer gets fewer of them.
    const isLarge = name === 'rot13-threads' && availableMemory() < 5e9;
    const count = isLarge ? 50 : 200;
    test(name, LIMIT, async () => {
      await using server = await RunningServer.start(name);
      const before = server.descriptors();
      const clients = await Promise.all(
        Array.from({ length: count }, (_, client) => greet(open(server.port), `client ${client}`)),
      );
      const expected = clients.map((_, client) => [`Hello from client ${client}\n`]);
      for (let round = 0; round < 10; round++) {
        // All begin a line before any ends one, so that no two pieces of a line come together.
        for (const [client, { socket }] of clients.entries()) {
          socket.write(`round ${round}: clie`);
          expected[client]?.push(`round ${round}: client ${client}\nand one more\n`);
        }
        await new Promise((resolve) => setImmediate(resolve));
        for (const [client, { socket }] of clients.entries()) {
          socket.write(`nt ${client}\nand one more\n`);
        }
        await Promise.all(
          clients.map(async ({ received }, client) => {
            const wanted = rot13(Buffer.from(expected[client]?.join('') ?? ''));
            const all = await received.atLeast(wanted.length);
            assert.equal(all.toString(), wanted.toString());
          }),
        );
      }
      await Promise.all(clients.map(leave));
      await until('no trace of them is left', () => {
        return server.descriptors() === before && server.children().length === 0;
      });
    });
  }
});
