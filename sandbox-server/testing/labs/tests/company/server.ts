/**
 * Says how it was started; numbers its clients. Typed into, it forks a child that does nothing, then
 * calls select(2) on a pipe and waits for ever.
 */
import { createServer } from 'node:net';
import {
  FD_SET,
  RLIMIT_NOFILE,
  Rlimit,
  fd_set,
  fork,
  getrlimit,
  pipe2,
  select,
} from 'libevent-ts/sys';

let clients = 0;
const server = createServer((socket) => socket.end(`you are number ${String(++clients)}\n`));
const limit = new Rlimit();
getrlimit(RLIMIT_NOFILE, limit);
server.listen(9876, '127.0.0.1', () => {
  console.log(`Listening ${process.argv.slice(2).join(' ')} ${String(limit.current)} descriptors`);
});
process.stdin.on('data', () => {
  const pair = new Int32Array(2);
  pipe2(pair);
  const [readEnd = -1] = pair;
  const set = new fd_set();
  FD_SET(readEnd, set);
  console.log(fork() === 0 ? 'child' : `parent waits for ${String(readEnd)}`);
  select(readEnd + 1, set, null, null, null);
});
