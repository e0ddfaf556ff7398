/** What design.md says about all ROT13 servers, each sentence on each of the five real programs. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { RLIMIT_NOFILE, Rlimit, getrlimit } from 'libevent-ts/sys';
import { freePort } from '../port.ts';
import { isRead } from '../../sandbox-server/guest/check/tcp-queue.ts';
import { LIMIT } from '../patience.ts';
import { until } from '../until.ts';
import { MAX_LINE, answerTo, rot13 } from './scripts.ts';
import { NAMES, Received, RunningServer, breaksLongLines, runToEnd } from './servers.ts';
import type { ServerName } from './servers.ts';

/** A connection that the test may close in its own time. */
class Client implements Disposable {
  readonly socket: Socket;
  readonly received: Received;

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.received = new Received(this.socket);
  }

  send(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** Waits until the server has read all that was sent. */
  async isHeard(): Promise<void> {
    await until('the server has read it', () => {
      const { localPort: from, remotePort: to, writableLength } = this.socket;
      return from !== undefined && to !== undefined && writableLength === 0 && isRead({ from, to });
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Sends all of this, shuts its side, and returns what came until the server closed its own. */
async function ask(port: number, ...chunks: (string | Uint8Array)[]): Promise<Buffer> {
  using client = new Client(port);
  for (const chunk of chunks) client.send(chunk);
  client.socket.end();
  return await client.received.all();
}

/** Sends a line and waits for its answer. */
async function say(client: Client, line: string): Promise<void> {
  const before = client.received.length;
  client.send(line);
  const all = await client.received.atLeast(before + line.length);
  assert.equal(
    all.subarray(before).toString('latin1'),
    rot13(Buffer.from(line)).toString('latin1'),
  );
}

function same(actual: Buffer, expected: Buffer): void {
  // Not deepEqual: a difference in 16,384 bytes would take minutes to print.
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  const words = `${String(actual.length)} bytes for ${String(expected.length)}, other from ${String(at)}`;
  assert.ok(actual.equals(expected), words);
}

/** All tests of one server share a process, as its clients would. */
function suiteOf(name: ServerName): void {
  suite(name, { concurrency: 1 }, () => {
    let server: RunningServer;
    let atStart = { descriptors: 0, threads: 0 };

    test('listens, and says so', LIMIT, async () => {
      server = await RunningServer.start(name);
      assert.match(server.printed, new RegExp(`^Listening on port ${String(server.port)}\\b`));
      atStart = { descriptors: server.descriptors(), threads: server.threads() };
    });

    test('turns the letters of ASCII, and lets every other byte pass', LIMIT, async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      const text = Buffer.from('The quick brown fox.\r\n\0\r\ndéjà vu 你好\n\n');
      const sent = Buffer.concat([bytes, text, Buffer.of(10)]);
      same(await ask(server.port, sent), rot13(sent));
    });

    test('answers a line when its end arrives, not before', LIMIT, async () => {
      using client = new Client(server.port);
      for (const character of 'byte by byte') {
        client.send(character);
        await client.isHeard();
      }
      // It has read every byte and has nothing left to do: it does not answer.
      await server.rests();
      assert.equal(client.received.length, 0);
      client.send('\n');
      assert.equal((await client.received.atLeast(13)).toString(), 'olgr ol olgr\n');
    });

    test('loses nothing of a burst of lines', LIMIT, async () => {
      const lines = Array.from({ length: 20_000 }, (_, line) => `line ${String(line)}\n`).join('');
      same(await ask(server.port, lines), rot13(Buffer.from(lines)));
    });

    test('loses nothing of a line that has always begun', LIMIT, async () => {
      using client = new Client(server.port);
      const chunk = Buffer.from(`${'end'.repeat(16)}\n${'beginning'.repeat(5)}`);
      for (let round = 1; round <= 400; round++) {
        client.send(chunk);
        await client.received.atLeast(49 + (round - 1) * chunk.length);
      }
      const all = rot13(Buffer.concat(Array<Buffer>(400).fill(chunk)));
      same(client.received.bytes, all.subarray(0, -45));
    });

    test('does not answer what comes after the last line end', LIMIT, async () => {
      assert.equal((await ask(server.port, 'line\nno line')).toString(), 'yvar\n');
      assert.equal((await ask(server.port, 'x'.repeat(100))).length, 0);
      assert.equal((await ask(server.port)).length, 0);
    });

    test('sends what it owes a client that has shut its side, then closes', LIMIT, async () => {
      for (let round = 0; round < 20; round++) {
        assert.equal((await ask(server.port, 'last words\n')).toString(), 'ynfg jbeqf\n');
      }
      const many = 'The client reads this only later.\n'.repeat(100_000);
      using client = new Client(server.port);
      client.socket.pause();
      client.socket.end(many);
      // What fits between the two is there.
      await server.rests();
      client.socket.resume();
      same(await client.received.all(), rot13(Buffer.from(many)));
    });

    test('does to a long line what it is said to', LIMIT, async () => {
      for (const length of [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, 20_000, 40_000]) {
        const sent = Buffer.from(`one\n${'x'.repeat(length)}\nnext\n`);
        same(await ask(server.port, sent), answerTo(sent, breaksLongLines(name)));
      }
    });

    test('lets a client that never reads slow only itself', LIMIT, async () => {
      using deaf = new Client(server.port);
      using other = new Client(server.port);
      await say(other, 'before\n');
      const before = server.memory();
      deaf.socket.pause();
      const line = Buffer.from(`${'x'.repeat(8191)}\n`);
      const lines = 4096;
      for (let sent = 0; sent < lines; sent++) deaf.socket.write(line);
      // No more goes out: what fits between the two is there, and the rest waits in this process.
      let left = -1;
      while (left !== deaf.socket.writableLength) {
        left = deaf.socket.writableLength;
        await say(other, 'meanwhile\n');
        await server.rests();
      }
      assert.ok(left > 0, 'the server has taken everything');
      assert.ok(server.memory() - before < 24e6, 'and its memory has not grown with it');
      // What it owes comes when it is asked for, all of it.
      deaf.socket.resume();
      deaf.socket.end();
      same(await deaf.received.all(), rot13(Buffer.concat(Array<Buffer>(lines).fill(line))));
    });

    test('is not moved by a reset', LIMIT, async () => {
      using other = new Client(server.port);
      await say(other, 'before\n');
      for (let round = 0; round < 5; round++) {
        const client = new Client(server.port);
        await say(client, 'about to be reset\n');
        client.send('and in the middle of a li');
        client.socket.resetAndDestroy();
      }
      await say(other, 'after\n');
    });

    test('closes every descriptor and buries every child', LIMIT, async () => {
      for (let round = 0; round < 20; round++) await ask(server.port, 'once\n');
      await until('all connections are gone', () => {
        const { descriptors, threads } = atStart;
        return server.descriptors() === descriptors && server.threads() === threads;
      });
      await until('no child is left, dead or alive', () => server.children().length === 0);
    });

    test('takes no processor time while nobody speaks', LIMIT, async () => {
      using client = new Client(server.port);
      await say(client, 'and now silence\n');
      await server.rests(50);
    });

    test('ends', LIMIT, async () => {
      const end = await server.end('SIGINT');
      assert.equal(end, name === 'rot13-event' ? 0 : 'SIGINT');
      await server[Symbol.asyncDispose]();
    });

    test('says what is wrong with its arguments', LIMIT, async () => {
      for (const wrong of ['0', '65536', 'x', '-1']) {
        const { code, printed } = await runToEnd(name, [wrong]);
        assert.equal(code, 1, printed);
        assert.doesNotMatch(printed, /\n {4}at /);
      }
    });

    test('says when its port is taken', LIMIT, async () => {
      await using first = await RunningServer.start(name);
      const { code, printed } = await runToEnd(name, [String(first.port)]);
      assert.equal(code, 1);
      assert.match(printed, /bind: Address already in use/);
    });
  });
}

for (const name of NAMES) suiteOf(name);

for (const name of NAMES.filter((each) => each !== 'rot13-fork')) {
  test(`${name} out of descriptors waits, and serves whoever waited`, LIMIT, async () => {
    await using server = await RunningServer.start(name, [], { descriptors: 40 });
    using stack = new DisposableStack();
    const clients = Array.from({ length: 30 }, () => stack.use(new Client(server.port)));
    for (const client of clients) client.send('Hello\n');
    await until('it runs out', () => server.printed.includes('Too many open files'));
    await until('it serves some', () => clients.some(({ received }) => received.length === 6));
    const served = clients.find(({ received }) => received.length === 6);
    assert.ok(served);

    // It does not spin, and does not flood its terminal from one rest to the next.
    await server.rests();
    const printed = server.printed.length;
    await server.rests();
    assert.ok(server.printed.length - printed < 8000, 'it floods its terminal');
    await say(served, 'still here\n');

    for (const client of clients) client.socket.end();
    await Promise.all(clients.map(({ received }) => received.all().catch(() => undefined)));
    const answered = clients.filter(({ received }) => received.length > 0).length;
    // A thread that lacks descriptors to start has a client to lose, which is told so.
    if (name !== 'rot13-threads') assert.equal(answered, clients.length);
    assert.equal((await ask(server.port, 'again\n')).toString(), 'ntnva\n');
  });
}

test('rot13-fork needs no descriptor of the parent for a client', LIMIT, async () => {
  await using server = await RunningServer.start('rot13-fork', [], { descriptors: 40 });
  using stack = new DisposableStack();
  const clients = Array.from({ length: 60 }, () => stack.use(new Client(server.port)));
  for (const client of clients) await say(client, 'Hello\n');
  assert.equal(server.children().length, 60);
  for (const client of clients) client.socket.end();
  await until('all children are gone', () => server.children().length === 0);
});

test('rot13-fork: a child outlives its parent and does not hold the port', LIMIT, async () => {
  await using first = await RunningServer.start('rot13-fork');
  using client = new Client(first.port);
  await say(client, 'before\n');
  await first.end('SIGKILL');
  await say(client, 'an orphan answers\n');
  await using second = await RunningServer.start('rot13-fork', [], { port: first.port });
  assert.equal((await ask(second.port, 'same port\n')).toString(), 'fnzr cbeg\n');
});

test('rot13-threads has a thread for each client, until it leaves', LIMIT, async () => {
  await using server = await RunningServer.start('rot13-threads');
  const before = server.threads();
  using alice = new Client(server.port);
  using bob = new Client(server.port);
  await Promise.all([say(alice, 'a\n'), say(bob, 'b\n')]);
  assert.equal(server.threads(), before + 2);
  alice.socket.end();
  await until('her thread ends', () => server.threads() === before + 1);
  await say(bob, 'still here\n');
});

test('rot13-select refuses descriptors that an fd_set has no bit for', LIMIT, async (t) => {
  const limit = new Rlimit();
  assert.equal(getrlimit(RLIMIT_NOFILE, limit), 0);
  if (limit.maximum < 1100) {
    t.skip('this computer allows too few descriptors');
    return;
  }
  await using server = await RunningServer.start('rot13-select', ['--first-descriptor', '1021'], {
    descriptors: 1100,
  });
  using stack = new DisposableStack();
  const clients = [1021, 1022, 1023].map(() => stack.use(new Client(server.port)));
  for (const client of clients) await say(client, 'Hello\n');
  for (const fd of [1021, 1022, 1023])
    assert.match(server.printed, new RegExp(`descriptor ${fd}$`, 'm'));
  for (let round = 0; round < 3; round++) {
    using refused = new Client(server.port);
    assert.equal((await refused.received.all()).length, 0);
  }
  assert.match(server.printed, /an fd_set has no bit for descriptor 1024, closing/);
  for (const client of clients) await say(client, 'still here\n');
  clients[1]?.socket.end();
  await clients[1]?.received.all();
  using next = new Client(server.port);
  await say(next, 'I am 1022 now\n');
});

for (const method of ['epoll', 'poll', 'select']) {
  test(`rot13-event with ${method}`, LIMIT, async () => {
    await using server = await RunningServer.start('rot13-event', ['--method', method]);
    assert.match(server.printed, new RegExp(` with ${method}$`, 'm'));
    using client = new Client(server.port);
    await say(client, 'Hello\n');
    const long = Buffer.from(`${'y'.repeat(20_000)}\n`.repeat(20));
    same(await ask(server.port, long), answerTo(long, false));
    await until('the timer runs', () => server.printed.includes('Timer: lines in 2 s: '));
    assert.equal(await server.end('SIGINT'), 0);
    assert.match(server.printed, /SIGINT: leaving the loop, connections open: 1$/m);
  });
}

test('rot13-event knows its methods', LIMIT, async () => {
  const { code, printed } = await runToEnd('rot13-event', ['--method', 'kqueue']);
  assert.deepEqual([code, printed], [1, '“kqueue” is no method: there are epoll, poll, select\n']);
});

test('rot13-bufferevent with a timeout ends the silent', LIMIT, async () => {
  await using server = await RunningServer.start('rot13-bufferevent', ['--timeout', '2']);
  using silent = new Client(server.port);
  using talking = new Client(server.port);
  await say(silent, 'Hello\n');
  silent.send('half a li');
  const start = performance.now();
  while (!silent.received.ended) await say(talking, 'I am here\n');
  assert.equal((await silent.received.all()).toString(), 'Uryyb\n');
  assert.ok(performance.now() - start > 2000);
  assert.match(server.printed, /silent for too long, closing$/m);
  await say(talking, 'and I still am\n');
});

test('rot13-bufferevent with short lines breaks the long ones', LIMIT, async () => {
  await using server = await RunningServer.start('rot13-bufferevent', ['--max-line', '20']);
  const alphabet = 'abcdefghijklmnopqrstuvwxyz\n';
  assert.equal(
    (await ask(server.port, alphabet, 'twenty bytes in here\n', 'x\ny\n')).toString(),
    'nopqrstuvwxyzabcdefg\nhijklm\ngjragl olgrf va urer\n\nk\nl\n',
  );
});

test('options that make no sense are refused', LIMIT, async () => {
  for (const [name, ...args] of [
    ['rot13-select', '--first-descriptor', 'x'],
    ['rot13-bufferevent', '--timeout', '-1'],
    ['rot13-bufferevent', '--max-line', '0'],
    ['rot13-event', '--colour', 'red'],
  ] as const) {
    const { code, printed } = await runToEnd(name, [String(await freePort()), ...args]);
    assert.equal(code, 1, printed);
    assert.doesNotMatch(printed, /\n {4}at /);
  }
});
