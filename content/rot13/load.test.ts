/** Many clients: 200 at once on each of the ROT13 servers, and thousands of forks without a trace. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { rot13 } from './scripts.ts';
import { NAMES, Received, RunningServer, until } from './testing.ts';

const TIME = { timeout: 90_000 };

/** A client that has connected and whose first line was answered. */
interface Client {
  readonly socket: Socket;
  readonly received: Received;
}

async function greet(port: number, name: string): Promise<Client> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  socket.setNoDelay(true);
  const received = new Received(socket);
  const line = `Hello from ${name}\n`;
  socket.write(line);
  const answer = await received.atLeast(line.length);
  assert.equal(answer.toString(), rot13(Buffer.from(line)).toString());
  return { socket, received };
}

async function leave({ socket, received }: Client): Promise<Buffer> {
  socket.end();
  const all = await received.all();
  socket.destroy();
  return all;
}

suite('200 clients at once, each with its own lines in pieces', { concurrency: 1 }, () => {
  for (const name of NAMES) {
    test(name, TIME, async () => {
      await using server = await RunningServer.start(name);
      const before = server.descriptors();
      const clients = await Promise.all(
        Array.from({ length: 200 }, (_, client) => greet(server.port, `client ${client}`)),
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

suite('rot13-fork', { concurrency: 1 }, () => {
  test('300 at once: a child for each, and none afterwards', TIME, async () => {
    await using server = await RunningServer.start('rot13-fork');
    const before = server.descriptors();
    const clients = await Promise.all(
      Array.from({ length: 300 }, (_, client) => greet(server.port, `${client}`)),
    );
    const children = server.children();
    assert.equal(children.length, 300);
    assert.ok(!children.includes('Z'));
    for (const [client, { socket }] of clients.entries()) socket.write(`${client} says good bye\n`);
    const all = await Promise.all(clients.map(leave));
    for (const [client, answers] of all.entries()) {
      const wanted = `Hello from ${client}\n${client} says good bye\n`;
      assert.equal(answers.toString(), rot13(Buffer.from(wanted)).toString());
    }
    await until('all children are gone', () => server.children().length === 0);
    assert.equal(server.descriptors(), before);
    assert.equal(server.printed.match(/^Child \d+: end of file/gm)?.length, 300);
  });

  test('2,000 one after another: not a line lost, not a zombie', TIME, async () => {
    await using server = await RunningServer.start('rot13-fork');
    const before = server.descriptors();
    const memory = server.memory();
    for (let client = 0; client < 2000; client++) {
      const answers = await leave(await greet(server.port, `${client}`));
      assert.equal(answers.toString(), rot13(Buffer.from(`Hello from ${client}\n`)).toString());
      if (client % 200 === 0) assert.ok(!server.children().includes('Z'), 'a zombie');
    }
    await until('all children are gone', () => server.children().length === 0);
    assert.equal(server.descriptors(), before);
    assert.ok(server.memory() - memory < 24e6);
    await until('each says so', () => {
      return server.printed.match(/^Child \d+: end of file/gm)?.length === 2000;
    });
  });
});
