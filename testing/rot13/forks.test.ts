/** Thousands of forks, without one lost line, zombie or descriptor. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { LIMIT } from '../patience.ts';
import { until } from '../until.ts';
import { rot13 } from './scripts.ts';
import { RunningServer, greet, leave } from './servers.ts';

/** A connection of which either side can end before the other. */
function open(port: number): Socket {
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
}

suite('rot13-fork', { concurrency: 1 }, () => {
  test('300 at once: a child for each, and none afterwards', LIMIT, async () => {
    await using server = await RunningServer.start('rot13-fork');
    const before = server.descriptors();
    const clients = await Promise.all(
      Array.from({ length: 300 }, (_, client) => greet(open(server.port), `${client}`)),
    );
    // A reading of /proc is not of one moment: beside a busy machine it can miss some that are there.
    await until('all children are there', () => server.children().length === 300);
    assert.ok(!server.children().includes('Z'));
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

  test('2,000 one after another: not a line lost, not a zombie', LIMIT, async () => {
    await using server = await RunningServer.start('rot13-fork');
    const before = server.descriptors();
    const memory = server.memory();
    for (let client = 0; client < 2000; client++) {
      const answers = await leave(await greet(open(server.port), `${client}`));
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
