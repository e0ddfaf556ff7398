import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AF_INET } from './sys/address.ts';
import { close } from './sys/descriptor.ts';
import { EADDRINUSE, errno } from './sys/errno.ts';
import * as sys from './sys/socket.ts';
import { PATIENCE } from './testing/patience.ts';
import { LOOPBACK } from './testing/sockets.ts';

const SERVER = fileURLToPath(
  new URL('../content/listeners/echo-listener/server.ts', import.meta.url),
);

/** The lab's program as a process, killed at the end of an `await using` block. */
class EchoServer implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exited: Promise<unknown[]>;

  /** @param command what runs it, if not Node alone; then `args` name it, too */
  constructor(args: readonly string[], command?: string) {
    const all = command === undefined ? [SERVER, ...args] : args;
    this.process = spawn(command ?? process.execPath, all, {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout.on('data', (data: Buffer) => (this.stdout += data.toString()));
    this.process.stderr.on('data', (data: Buffer) => (this.stderr += data.toString()));
    this.#exited = once(this.process, 'close');
  }

  /** Waits until the output has a line that fits. */
  async line(expected: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = expected.exec(this.stdout);
      if (found !== null) return found;
      assert.equal(this.process.exitCode, null, this.stderr);
      await once(this.process.stdout, 'data', { signal: AbortSignal.timeout(PATIENCE) });
    }
  }

  /** Waits until the process ends. Returns its exit status. */
  async exit(): Promise<number | null> {
    await this.#exited;
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null) this.process.kill('SIGKILL');
    await this.#exited;
  }
}

/**
 * A port where nobody listens, below those that the kernel hands out (ip(7), ip_local_port_range): no
 * connection of another test has it by the time it is used.
 */
function freePort(): number {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const fd = sys.socket(AF_INET, sys.SOCK_STREAM, 0);
    const isFree = sys.bind(fd, { ...LOOPBACK, port }) === 0;
    if (!isFree) assert.equal(errno(), EADDRINUSE);
    close(fd);
    if (isFree) return port;
  }
}

async function started(port: number): Promise<EchoServer> {
  const server = new EchoServer([String(port)]);
  await server.line(
    new RegExp(`^Listening on port ${String(port)}
`),
  );
  return server;
}

async function client(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

async function readAll(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) {
    assert.ok(Buffer.isBuffer(part));
    parts.push(part);
  }
  return Buffer.concat(parts);
}

test('echoes two clients, says so, and closes after a half-close', async () => {
  const port = freePort();
  await using server = await started(port);
  const [first, second] = [await client(port), await client(port)];
  // A socket forgets its port when it is closed.
  const from = `127.0.0.1:${String(first.localPort)}`;
  first.write('hello\n');
  const echoed: unknown[] = await once(first, 'data');
  assert.equal(String(echoed[0]), 'hello\n');
  second.end('from the second');
  assert.equal(String(await readAll(second)), 'from the second');
  first.end();
  assert.equal(String(await readAll(first)), '');
  const [, fd] = await server.line(new RegExp(`Connection from ${from} on descriptor (\\d+)\n`));
  await server.line(new RegExp(`Descriptor ${String(fd)}: end of file, closing\n`));
  assert.equal(server.stderr, '');
});

test('what is owed comes back before the end, however slow the client reads', async () => {
  const port = freePort();
  await using server = await started(port);
  const bytes = Buffer.from(
    Uint8Array.from({ length: 20_000_000 }, (_, i) => (i * 7 + (i >> 12)) & 0xff),
  );
  const socket = await client(port);
  // Nothing is read until all was sent, so the server must hold what the sockets do not.
  socket.pause();
  socket.end(bytes);
  await once(socket, 'finish');
  await server.line(/end of file, still sending\n/);
  assert.equal((await readAll(socket)).equals(bytes), true);
  await server.line(/all sent, closing\n/);
});

test('a reset ends one connection only, and no descriptor stays open', async () => {
  const port = freePort();
  await using server = await started(port);
  const folder = `/proc/${String(server.process.pid)}/fd`;
  const before = readdirSync(folder).length;
  const steady = await client(port);
  for (let i = 0; i < 20; i++) {
    const socket = await client(port);
    socket.write('x');
    await once(socket, 'data');
    if (i % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  await server.line(
    /(?:Descriptor \d+: (?:Connection reset by peer|end of file), closing\n[^]*){20}/,
  );
  assert.match(server.stdout, /Connection reset by peer/);
  steady.write('still here');
  await once(steady, 'data');
  assert.equal(readdirSync(folder).length, before + 1);
  steady.destroy();
});

test('a connection that the network has broken already ends nothing but itself', async () => {
  const port = freePort();
  // strace makes the first accept4 fail. With -D the process that was started is the server itself.
  const fault = ['-D', '-o', '/dev/null', '-e', 'inject=accept4:error=EPROTO:when=1'];
  await using server = new EchoServer([...fault, process.execPath, SERVER, String(port)], 'strace');
  await server.line(/^Listening on port/);
  const first = await client(port);
  first.write('still served\n');
  const echoed: unknown[] = await once(first, 'data');
  assert.equal(String(echoed[0]), 'still served\n');
  assert.match(server.stderr, /^accept failed with error 71 \(Protocol error\): going on\.$/m);
  first.destroy();
});

for (const argument of ['0', '65536', '-1', '+80', '1.5', '1e3', 'http', '', ' 80', '80x']) {
  test(`${JSON.stringify(argument)} is an invalid port`, async () => {
    await using server = new EchoServer([argument]);
    assert.equal(await server.exit(), 1);
    assert.equal(server.stdout, 'Invalid port\n');
    assert.equal(server.stderr, '');
  });
}

test('a port in use is reported, with exit status 1', async () => {
  const port = freePort();
  await using server = await started(port);
  await using second = new EchoServer([String(port)]);
  assert.equal(await second.exit(), 1);
  assert.equal(server.process.exitCode, null);
  assert.equal(second.stderr, `Can't listen on port ${port}: Address already in use\n`);
  assert.equal(second.stdout, '');
});
