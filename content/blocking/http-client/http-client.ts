// Fetches a page over HTTP, or uploads something, with calls that block. The answer goes to standard
// output as it comes, byte for byte. What the program is doing goes to standard error, a line before
// each call and one after it.
//
//   http-client.ts [host] [port] [path] [bytes]      slow.example, 8080, / and 0 if none are given
//
// With bytes it sends so many to the path: POST instead of GET.
//
// getaddrinfo(3), socket(2), connect(2), send(2), recv(2), write(2), close(2), and RFC 1945, HTTP/1.0

import { styleText } from 'node:util';
import { formatAddress } from 'libevent-ts';
import {
  MSG_NOSIGNAL,
  SOCK_STREAM,
  close,
  connect,
  errno,
  gai_strerror,
  getaddrinfo,
  recv,
  send,
  socket,
  strerror,
  write,
} from 'libevent-ts/sys';

const STDOUT = 1;

function say(text: string): void {
  console.error(styleText('dim', text, { stream: process.stderr }));
}

let began = 0;

function calling(call: string): void {
  say(`-- ${call} …`);
  began = performance.now();
}

function returned(what: string): void {
  say(`-- returned after ${Math.round(performance.now() - began)} ms: ${what}`);
}

// #region connect
// Finds the host’s addresses and connects to the first one that accepts. -1: none did.
function connectTo(host: string, port: string): number {
  calling(`getaddrinfo("${host}")`);
  const found = getaddrinfo(host, port, { socktype: SOCK_STREAM });
  if (typeof found === 'number') {
    returned(`${found}, ${gai_strerror(found)}`);
    say(`Can’t find ${host}.`);
    return -1;
  }
  returned(found.map(({ address }) => formatAddress(address)).join(', '));

  for (const { family, socktype, protocol, address } of found) {
    calling('socket()');
    const fd = socket(family, socktype, protocol);
    if (fd < 0) {
      returned(`-1, ${strerror(errno())}`);
      continue;
    }
    returned(`descriptor ${fd}`);
    calling(`connect(${fd}) to ${formatAddress(address)}`);
    if (connect(fd, address) === 0) {
      returned('0, connected');
      return fd;
    }
    returned(`-1, ${strerror(errno())}`);
    close(fd);
  }
  say(`Can’t connect to ${host} on port ${port}.`);
  return -1;
}
// #endregion

// #region send
// Sends all of it. send() may take only a part, and then the rest is still ours to send.
function sendAll(fd: number, bytes: Buffer): boolean {
  for (let sent = 0; sent < bytes.length;) {
    calling(`send(${fd}), ${bytes.length - sent} bytes`);
    const n = send(fd, bytes, bytes.length - sent, MSG_NOSIGNAL, sent);
    if (n < 0) {
      returned(`-1, ${strerror(errno())}`);
      return false;
    }
    returned(`${n} bytes taken`);
    sent += n;
  }
  return true;
}
// #endregion

// Writes all of it: write() may take only a part, too.
function writeAll(fd: number, bytes: Uint8Array): boolean {
  for (let written = 0; written < bytes.length;) {
    const n = write(fd, bytes, bytes.length - written, written);
    if (n < 0) return false;
    written += n;
  }
  return true;
}

// #region receive
// Receives until the server has closed its side. Null: an error came first.
function receiveAll(fd: number): Buffer | null {
  const buffer = Buffer.alloc(1024);
  const pieces: Buffer[] = [];
  for (;;) {
    calling(`recv(${fd})`);
    const n = recv(fd, buffer, buffer.length, 0);
    if (n < 0) {
      returned(`-1, ${strerror(errno())}`);
      return null;
    }
    returned(n === 0 ? '0 bytes, the server has closed its side' : `${n} bytes`);
    if (n === 0) return Buffer.concat(pieces);
    const piece = Buffer.from(buffer.subarray(0, n));
    if (!writeAll(STDOUT, piece)) return null;
    pieces.push(piece);
  }
}
// #endregion

// #region complete
// End of file only says that no more will come. The answer itself must say whether that was all.
function isComplete(answer: Buffer): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) {
    say(`The answer is incomplete: ${answer.length} bytes came, not even all of its headers.`);
    return false;
  }
  const came = answer.length - end - 4;
  const promised = /^content-length: *(\d+)/im.exec(answer.toString('latin1', 0, end))?.[1];
  if (promised === undefined) {
    say(`${came} bytes came. Without a Content-Length nobody can tell whether that is all.`);
    return true;
  }
  if (came < Number(promised)) {
    say(`The answer is incomplete: Content-Length is ${promised}, and ${came} bytes came.`);
    return false;
  }
  say(`The answer is complete: Content-Length is ${promised}, and ${came} bytes came.`);
  return true;
}
// #endregion

// #region main
function main(host = 'slow.example', port = '8080', path = '/', bytes = '0'): number {
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    say(`A port is a number from 1 to 65535, not “${port}”.`);
    return 1;
  }
  const fd = connectTo(host, port);
  if (fd < 0) return 1;
  const body = Buffer.alloc(Number(bytes), 'x');
  const request = [
    `${body.length > 0 ? 'POST' : 'GET'} ${path} HTTP/1.0\r\n`,
    `Host: ${host}:${port}\r\n`,
    body.length > 0 ? `Content-Length: ${body.length}\r\n` : '',
    '\r\n',
  ];
  const sent = sendAll(fd, Buffer.concat([Buffer.from(request.join('')), body]));
  const answer = sent ? receiveAll(fd) : null;
  close(fd);
  return answer !== null && isComplete(answer) ? 0 : 1;
}
// #endregion

process.exitCode = main(...process.argv.slice(2));
