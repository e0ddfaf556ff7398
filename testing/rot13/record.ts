/**
 * Records what the book's ROT13 servers answer to scripts of clients: `transcripts.json`.
 *
 *   record.ts DIRECTORY      with the programs `fork`, `select`, `libevent` and `bufferevent` in it
 *
 * The programs are not part of this project. They were compiled from the listings of "A tiny
 * introduction to asynchronous IO", the first chapter of the libevent book, with gcc 12 -O1 and
 * Debian 12's libevent 2.1.12, and two changes: the port comes from the environment (`PORT`), and the
 * address is 127.0.0.1.
 *
 * Each chunk is sent with one send(2), and the next one only after all sides have been quiet for a
 * while. That matters for the book's programs, some of which lose bytes when a lot comes at once,
 * and how many depends on what a recv(2) finds. Where they do, the transcript is one of several that
 * are possible; in all other cases it is the only one.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  AF_INET,
  POLLIN,
  PollFds,
  SHUT_WR,
  SOCK_STREAM,
  close,
  connect,
  errno,
  poll,
  recv,
  send,
  shutdown,
  socket,
  strerror,
} from 'libevent-ts/sys';
import { KINDS, PROGRAMS, makeScript, write } from './scripts.ts';
import type { Kind, Program, Script, Transcript } from './scripts.ts';

const HOW_MANY: Readonly<Record<Kind, number>> = {
  plain: 12,
  'long-lines': 8,
  burst: 3,
  pending: 2,
  'end-at-once': 5,
};
const FIRST_PORT = 41713;
/** How long all must be quiet before a program counts as done with a chunk, in milliseconds. */
const QUIET = 50;
/** The same at the end of a script, where the next thing would be to close. */
const QUIET_AT_END = 1500;

function check(result: number, call: string): number {
  if (result < 0) throw new Error(`${call}: ${strerror(errno())}`);
  return result;
}

/** A connection, with all that came on it. */
class Connection {
  readonly fd = check(socket(AF_INET, SOCK_STREAM, 0), 'socket');
  readonly #received: Buffer[] = [];
  isAtEnd = false;

  constructor(port: number) {
    check(connect(this.fd, { family: 'IPv4', address: '127.0.0.1', port }), 'connect');
  }

  send(chunk: Uint8Array): void {
    if (check(send(this.fd, chunk, chunk.length, 0), 'send') !== chunk.length) {
      throw new Error('a chunk went out in parts');
    }
  }

  receive(): void {
    const buffer = Buffer.alloc(65536);
    const count = recv(this.fd, buffer, buffer.length, 0);
    if (count <= 0) this.isAtEnd = true;
    else this.#received.push(buffer.subarray(0, count));
  }

  received(): Buffer {
    return Buffer.concat(this.#received);
  }
}

/** Receives whatever comes, until nothing does for so many milliseconds or nobody can send more. */
function receiveAll(connections: readonly Connection[], quiet: number): void {
  for (;;) {
    const open = connections.filter(({ isAtEnd }) => !isAtEnd);
    const fds = new PollFds(connections.length);
    for (const [index, { fd }] of open.entries()) fds.set(index, fd, POLLIN);
    if (open.length === 0 || check(poll(fds, open.length, quiet), 'poll') === 0) return;
    for (const [index, connection] of open.entries()) {
      if (fds.reventsAt(index) !== 0) connection.receive();
    }
  }
}

function record({ kind, clients, turns }: Script, port: number): Buffer[] {
  const connections = clients.map(() => new Connection(port));
  const sent = clients.map(() => 0);
  for (const client of turns) {
    const connection = connections[client];
    const chunks = clients[client]?.chunks ?? [];
    const index = sent[client] ?? 0;
    sent[client] = index + 1;
    const chunk = chunks[index];
    if (connection === undefined || chunk === undefined) throw new Error('a turn without a chunk');
    connection.send(chunk);
    if (kind === 'end-at-once' && index === chunks.length - 1) shutdown(connection.fd, SHUT_WR);
    receiveAll(connections, QUIET);
  }
  // Not all of the book's programs close their side, so quiet is what tells that this is the end.
  if (kind !== 'end-at-once') for (const { fd } of connections) shutdown(fd, SHUT_WR);
  receiveAll(connections, QUIET_AT_END);
  for (const { fd } of connections) close(fd);
  return connections.map((connection) => connection.received());
}

async function recordAll(program: Program, directory: string, scripts: Script[]) {
  const port = FIRST_PORT + PROGRAMS.indexOf(program);
  const server = spawn(join(directory, program), {
    env: { PORT: String(port) },
    stdio: 'ignore',
    // A process group of its own, so that the children of `fork` end with it.
    detached: true,
  });
  await setTimeout(300);
  try {
    return scripts.map((script) => record(script, port));
  } finally {
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGKILL');
  }
}

const directory = process.argv[2];
if (directory === undefined) throw new Error('Usage: record.ts DIRECTORY');
const scripts = KINDS.flatMap((kind) =>
  Array.from({ length: HOW_MANY[kind] }, (_, seed) => makeScript(kind, seed + 1)),
);
const [fork, select, libevent, bufferevent] = [
  await recordAll('fork', directory, scripts),
  await recordAll('select', directory, scripts),
  await recordAll('libevent', directory, scripts),
  await recordAll('bufferevent', directory, scripts),
];
const transcripts = scripts.map(({ kind, turns, clients }, script): Transcript => {
  return {
    kind,
    turns: [...turns],
    clients: clients.map(({ chunks }, client) => {
      const usual = bufferevent[script]?.[client] ?? Buffer.alloc(0);
      const answer = (answers: Buffer[][]) => {
        const bytes = answers[script]?.[client] ?? Buffer.alloc(0);
        return bytes.equals(usual) ? undefined : write(bytes);
      };
      const answers = {
        bufferevent: write(usual),
        fork: answer(fork),
        select: answer(select),
        libevent: answer(libevent),
      };
      return { chunks: chunks.map(write), answers };
    }),
  };
});
// Bytes beyond ASCII are escaped too: raw, they would be control characters, or look like letters.
const json = JSON.stringify(transcripts).replaceAll(
  /[\u007f-\u00ff]/g,
  (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
);
writeFileSync(join(import.meta.dirname, 'transcripts.json'), `${json}\n`);
