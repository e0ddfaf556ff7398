// A client that never stops talking, and never ends its line: so it gets no answer, and needs none.
//
//   flood.ts [port]      the port is 40713 if none is given
//
// Its socket blocks: whenever the kernel has room for more, more is sent. The man pages: connect(2), send(2).

import {
  AF_INET,
  EINTR,
  MSG_NOSIGNAL,
  SOCK_STREAM,
  connect,
  errno,
  send,
  socket,
  strerror,
} from 'libevent-ts/sys';

const MB = 1_000_000;

function fail(call: string): never {
  throw new Error(`${call}: ${strerror(errno())}`);
}

function flood(port: number): never {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail('socket');
  if (connect(fd, { family: 'IPv4', address: '127.0.0.1', port }) < 0) fail('connect');
  const words = Buffer.from('blah '.repeat(13107));
  for (let sent = 0; ;) {
    const n = send(fd, words, words.length, MSG_NOSIGNAL);
    if (n < 0 && errno() === EINTR) continue;
    if (n < 0) fail('send');
    const before = sent;
    sent += n;
    if (Math.floor(before / MB) < Math.floor(sent / MB))
      console.log(`${Math.floor(sent / MB)} MB sent`);
  }
}

try {
  flood(Number(process.argv[2] ?? 40713));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
