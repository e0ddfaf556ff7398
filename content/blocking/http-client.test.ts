/** Runs http-client.ts against the lab’s own server, and against servers that behave badly. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { freePort } from '../../testing/port.ts';
import { Program } from '../../testing/program.ts';

const LAB = join(import.meta.dirname, 'http-client');

interface Fetched {
  /** What went to standard output. */
  readonly page: string;
  /** What the client said about it. */
  readonly said: string;
  readonly code: number | null;
}

/** Bytes as they are: latin1 has a character for each. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

async function fetchPage(
  host: string,
  port: number,
  path = '/',
  ...more: readonly string[]
): Promise<Fetched> {
  const args = [join(LAB, 'http-client.ts'), host, String(port), path, ...more];
  const client = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(client, 'close');
  const [page, said] = await Promise.all([buffer(client.stdout), text(client.stderr)]);
  await closed;
  return { page: page.toString('latin1'), said, code: client.exitCode };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('there is no port');
  return address.port;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

/** Fetches from a server that does with each connection what it is told. */
async function fetchFrom(serve: (socket: Socket) => void, path?: string): Promise<Fetched> {
  const server = createServer(serve);
  const port = await listening(server);
  try {
    return await fetchPage('127.0.0.1', port, path);
  } finally {
    server.close();
  }
}

/** Answers, as soon as the request is complete, with these pieces, one after another. */
function answering(...pieces: readonly string[]): (socket: Socket) => void {
  return (socket) => {
    socket.setNoDelay(true);
    socket.once('data', () => {
      void (async () => {
        for (const piece of pieces) {
          socket.write(bytesOf(piece));
          await new Promise(setImmediate);
        }
        socket.end();
      })();
    });
  };
}

class SlowServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: Program;

  private constructor(port: number, program: Program) {
    this.port = port;
    this.#program = program;
  }

  static async start(): Promise<SlowServer> {
    const port = await freePort();
    const program = Program.start([process.execPath, join(LAB, 'server.ts'), String(port)]);
    assert.equal(await program.line(), `Listening on port ${port}`);
    return new SlowServer(port, program);
  }

  /** What comes back for a request typed by hand, whose side is then closed. */
  async ask(request: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1').end(request);
    return await text(socket);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}

const QUICK =
  'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\nThat was quick.\n';

suite('the lab’s own server', () => {
  test('a whole page, found by its name', async () => {
    await using server = await SlowServer.start();
    const { page, said, code } = await fetchPage('localhost', server.port, '/quick');
    assert.equal(page, QUICK);
    assert.match(said, /getaddrinfo\("localhost"\)/);
    assert.match(said, /The answer is complete: Content-Length is 16, and 16 bytes came\./);
    assert.equal(code, 0);
  });

  test('a page that breaks off is an end of file like any other, and told by its length', async () => {
    await using server = await SlowServer.start();
    const { page, said, code } = await fetchPage('127.0.0.1', server.port, '/early');
    assert.match(page, /Content-Length: 160\r\n\r\nIt was a slow server.*\n.*\n$/);
    assert.match(said, /0 bytes, the server has closed its side/);
    assert.match(said, /The answer is incomplete: Content-Length is 160, and 78 bytes came\./);
    assert.equal(code, 1);
  });

  test('an upload is sent whole, though the server does not read it at first', async () => {
    await using server = await SlowServer.start();
    const { page, said, code } = await fetchPage('127.0.0.1', server.port, '/upload', '16000000');
    assert.match(page, /\r\n\r\nThank you\.\n$/);
    const taken = [...said.matchAll(/: (\d+) bytes taken$/gm)].map(([, bytes]) => Number(bytes));
    assert.ok(taken.reduce((sum, bytes) => sum + bytes, 0) > 16_000_000);
    assert.equal(code, 0);
    // The server knows where an upload ends: what comes behind it is not taken for a part of it.
    const thanks = /Thank you\.\n$/;
    assert.match(await server.ask('POST /upload HTTP/1.0\nContent-Length: 3\n\nabcd'), thanks);
    assert.match(await server.ask('POST /upload HTTP/1.0\n\n'), thanks);
    assert.equal(await server.ask('POST /upload HTTP/1.0\nContent-Length: 3\n\nab'), '');
  });

  test('a request typed by hand may end its lines with LF and its side at once', async () => {
    await using server = await SlowServer.start();
    assert.equal(await server.ask('GET /quick HTTP/1.0\n\nand more\n'), QUICK);
    assert.match(await server.ask('GET /nowhere HTTP/1.0\n\n'), /^HTTP\/1\.0 404 /);
    assert.match(await server.ask('good morning\n\n'), /^HTTP\/1\.0 400 /);
    assert.equal(await server.ask('GET / HTTP/1.0\n'), '');
  });
});

suite('http-client', () => {
  test('a wrong name', async () => {
    // It has an empty part, so it is refused before any name server is asked.
    const { page, said, code } = await fetchPage('no..name', 80);
    assert.equal(page, '');
    assert.match(said, /Can’t find no\.\.name\.\n$/);
    assert.equal(code, 1);
  });

  test('a port where nobody listens', async () => {
    const port = await freePort();
    const { page, said, code } = await fetchPage('localhost', port);
    assert.equal(page, '');
    assert.match(said, /connect\(\d+\).*\n-- returned after \d+ ms: -1, Connection refused\n/);
    assert.match(said, new RegExp(`Can’t connect to localhost on port ${port}\\.\n$`));
    assert.equal(code, 1);
  });

  test('a port that is none', async () => {
    const { said, code } = await fetchPage('localhost', 70000);
    assert.equal(said, 'A port is a number from 1 to 65535, not “70000”.\n');
    assert.equal(code, 1);
  });

  test('every byte comes through, in however many pieces, and no length is promised', async () => {
    const body = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
    const answer = `HTTP/1.0 200 OK\r\n\r\n${body.repeat(20)}`;
    const { page, said, code } = await fetchFrom(answering(...(answer.match(/[^]{1,97}/g) ?? [])));
    assert.equal(page, answer);
    assert.match(said, /5120 bytes came\. Without a Content-Length nobody can tell/);
    assert.equal(code, 0);
  });

  test('a long request is sent whole to a server that is slow to read it', async () => {
    const path = `/${'long/'.repeat(20_000)}`;
    let request = '';
    const { code } = await fetchFrom((socket) => {
      socket.pause();
      setTimeout(() => socket.resume(), 200);
      socket.setEncoding('latin1').on('data', (piece: string) => {
        request += piece;
        if (request.endsWith('\r\n\r\n')) socket.end('HTTP/1.0 204 No Content\r\n\r\n');
      });
    }, path);
    assert.equal(code, 0);
    assert.match(request, /^GET \/long\/.* HTTP\/1\.0\r\nHost: 127\.0\.0\.1:\d+\r\n\r\n$/);
    assert.equal(request.split(' ')[1], path);
  });

  test('an answer that ends within its headers', async () => {
    const { page, said, code } = await fetchFrom(answering('HTTP/1.0 200 OK\r\nContent-Le'));
    assert.equal(page, 'HTTP/1.0 200 OK\r\nContent-Le');
    assert.match(said, /The answer is incomplete: 27 bytes came, not even all of its headers\./);
    assert.equal(code, 1);
  });

  test('a connection that is reset', async () => {
    const { said, code } = await fetchFrom((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    assert.match(said, /-1, Connection reset by peer\n$/);
    assert.equal(code, 1);
  });
});
