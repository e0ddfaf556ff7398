import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { until } from '../../testing/until.ts';
import { KernelReader, type KernelReading } from './kernel-reader.ts';

/** Does what it is told, a line of JavaScript each, and says what that asks it to. */
const OBEYS = `
  const net = require('node:net');
  let server, socket, other;
  process.on('message', (order) => eval(order));
  process.send('obeys');`;

/** A process that obeys. */
class Obedient implements Disposable {
  readonly #child = spawn(process.execPath, ['-e', OBEYS], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

  get pid(): number {
    return this.#child.pid ?? assert.fail('it did not start');
  }

  /** Waits for its next word. */
  async says(): Promise<unknown> {
    const words: readonly unknown[] = await once(this.#child, 'message');
    return words[0];
  }

  is(order: string): void {
    this.#child.send(order);
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}

/** A program that listens and reads nothing, a client, and what is read of the two. */
async function pair(host = '127.0.0.1') {
  const [program, client] = [new Obedient(), new Obedient()];
  await Promise.all([program.says(), client.says()]);
  program.is(`
    server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (accepted) => {
      other = accepted;
    });
    server.listen(0, '${host}', () => process.send(server.address().port));`);
  const port = Number(await program.says());
  const reader = new KernelReader();
  reader.ask({
    port,
    programs: [{ process: 1, wrapper: program.pid }],
    clients: [{ name: 'alice', wrapper: client.pid }],
  });
  let last: KernelReading | undefined;
  return {
    ...{ program, client, port, reader },
    /** Reads until it is so. */
    async until(what: string, is: (reading: KernelReading) => boolean): Promise<KernelReading> {
      await until(what, () => {
        last = reader.read();
        return last !== undefined && is(last);
      });
      assert.ok(last);
      return last;
    },
    [Symbol.dispose]() {
      client[Symbol.dispose]();
      program[Symbol.dispose]();
    },
  };
}

suite('what the kernel holds', () => {
  for (const [host, address] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    // Its end is in the other table, and has an address of both kinds.
    ['::', '127.0.0.1'],
  ] as const) {
    test(`is told of a connection from ${address} to ${host}, to its end`, async () => {
      using both = await pair(host);
      const { client, port, program } = both;
      const none = await both.until('a listener', ({ listeners }) => listeners.length > 0);
      assert.deepEqual(none.connections, []);
      assert.equal(none.listeners[0]?.port, port);
      assert.equal(
        none.longestQueue,
        Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1')),
      );

      client.is(`socket = net.connect({ port: ${port}, host: '${address}' })`);
      const open = await both.until('it is accepted', ({ connections: [one] }) => {
        return one?.accepted === true && one.holders.length > 0;
      });
      const [{ holders } = assert.fail()] = open.connections;
      assert.deepEqual(
        open.connections.map(({ client, near, far }) => ({ client, near, far })),
        [{ client: 'alice', near: { receive: 0, send: 0 }, far: { receive: 0, send: 0 } }],
      );
      assert.deepEqual(
        holders.map(({ process, pid }) => ({ process, pid })),
        [{ process: 1, pid: program.pid }],
      );

      client.is(`socket.write('fifteen bytes!!')`);
      await both.until('15 bytes wait', ({ connections: [one] }) => one?.far?.receive === 15);
      // The end of a stream has a place in the queue too, and is no byte.
      client.is('socket.end()');
      const ended = await both.until('its end waits', () => finWaits(port));
      assert.equal(ended.connections[0]?.far?.receive, 15);
      program.is('other.resume()');
      await both.until('they are read', ({ connections: [one] }) => one?.far?.receive === 0);
      program.is('other.end()');
      await both.until('it is over', ({ connections }) => connections.length === 0);
    });
  }

  test('is told of a connection whose client is gone, and of its next one', async () => {
    using both = await pair();
    const { client, port } = both;
    client.is(`socket = net.connect(${port}); socket.write('x')`);
    await both.until('it waits', ({ connections: [one] }) => one?.far?.receive === 1);
    client.is('socket.destroy()');
    const half = await both.until('an end is gone', ({ connections: [one] }) => one?.near === null);
    assert.equal(half.connections[0]?.far?.receive, 1);
    client.is(`socket = net.connect(${port})`);
    const next = await both.until('the next', ({ connections: [one] }) => {
      return one !== undefined && one.near !== null;
    });
    assert.equal(next.connections.length, 1);
    assert.equal(next.connections[0]?.far?.receive, 0);
  });

  test('are the bytes, and the clients, that wait for a program to accept them', async () => {
    using both = await pair();
    const { client, port, program } = both;
    // A program that sleeps accepts nobody.
    program.is(
      `process.send('sleeps'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
    );
    assert.equal(await program.says(), 'sleeps');
    client.is(
      `socket = net.connect(${port}); socket.write('hi'); other = net.connect(${port}); other.write('hi')`,
    );
    await both.until('two wait', ({ listeners: [one] }) => one?.waiting === 2);
    const waiting = await both.until(
      'bytes',
      ({ connections: [one] }) => (one?.far?.receive ?? 0) > 0,
    );
    const [{ accepted, holders } = assert.fail(), ...others] = waiting.connections;
    assert.deepEqual(others, []);
    assert.deepEqual({ accepted, holders }, { accepted: false, holders: [] });
  });

  test('is nothing of a run that is not there', () => {
    const reader = new KernelReader();
    assert.equal(reader.read(), undefined);
    reader.ask({ port: 1, programs: [{ process: 1, wrapper: 2 ** 22 }], clients: [] });
    assert.equal(reader.read(), undefined);
  });
});

/** Whether the end of a connection has come at a port, and nobody has looked: CLOSE_WAIT. */
function finWaits(port: number): boolean {
  const own = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((table) =>
    readFileSync(`/proc/net/${table}`, 'latin1')
      .split('\n')
      .some((line) => {
        const [, local = '', , state] = line.trim().split(/\s+/);
        return local.endsWith(own) && state === '08';
      }),
  );
}
