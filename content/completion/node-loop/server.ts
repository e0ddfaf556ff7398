// An echo server on node:net, Node's own sockets. Two lines ask for something, and all others come back:
//
//   lookup NAME     asks dns.lookup() for the address of a name
//   file            reads this file with fs.readFile()
//
//   server.ts [port]      the port is 9876 if none is given
//
// Nothing here makes a system call. libuv, the library that Node's event loop is made of, makes them all.

import { lookup } from 'node:dns';
import { readFile } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { basename } from 'node:path';

const PROGRAM = import.meta.filename;
const MAX_LINE = 16384;

// #region requests
// Calls back with the answer to a line: at once, or when a thread of the pool is done.
function answerTo(line: string, answer: (text: string) => void): void {
  const [, name] = /^lookup (\S+)$/.exec(line) ?? [];
  if (name !== undefined) {
    // getaddrinfo(3) blocks, so a thread of the pool calls it.
    lookup(name, (error, address) => {
      console.log(`lookup: ${name} is ${error?.code ?? address}`);
      answer(`${name} is ${error?.code ?? address}\n`);
    });
  } else if (line === 'file') {
    // So does reading a file.
    readFile(PROGRAM, (error, bytes) => {
      console.log(`file: ${basename(PROGRAM)} is ${error?.code ?? 'read'}`);
      answer(error ? `${error.message}\n` : `${basename(PROGRAM)} has ${bytes.length} bytes\n`);
    });
  } else {
    answer(`${line}\n`);
  }
}
// #endregion

// #region connection
function serve(connection: Socket): void {
  let unfinished = '';
  let owed = 0;
  let isOver = false;

  const answer = (text: string): void => {
    owed--;
    // false says that the client reads too slowly: then nothing more is read from it.
    if (!connection.write(text, 'latin1')) connection.pause();
    if (isOver && owed === 0) connection.end();
  };

  // With latin1 a character is a byte, and every byte comes back as it was.
  connection.setEncoding('latin1');
  connection.on('data', (chunk: string) => {
    const lines = (unfinished + chunk).split('\n');
    unfinished = lines.pop() ?? '';
    owed += lines.length;
    for (const line of lines) answerTo(line, answer);
    if (unfinished.length > MAX_LINE) connection.destroy();
  });
  connection.on('drain', () => connection.resume());
  connection.on('end', () => {
    isOver = true;
    if (owed === 0) connection.end();
  });
  connection.on('error', (error) => console.log(`A connection broke: ${error.message}`));
}
// #endregion

// #region main
const [, , argument = '9876'] = process.argv;
const port = Number(argument);
if (!/^\d+$/.test(argument) || port < 1 || port > 65535) {
  console.log('Invalid port');
  process.exitCode = 1;
} else {
  // A client that has said all it has to say may still be owed answers.
  const server = createServer({ allowHalfOpen: true }, serve);
  server.on('error', (error) => {
    console.error(`Can't listen on port ${port}: ${error.message}`);
    process.exitCode = 1;
  });
  server.listen(port, '127.0.0.1', () => console.log(`Listening on port ${port}`));
}
// #endregion
