// Four processes that wait for clients on one listening socket. Whoever gets a client welcomes it and
// hangs up.
//
//   node --single-threaded server.ts [port] [--exclusive | --blocking]      9876 if none is given
//
// Each worker has an epoll instance of its own. With --exclusive it asks to be woken alone, and with
// --blocking it waits in accept4(2) instead. libevent can ask for neither, so these are system calls.
// Type count into the terminal to hear who was woken, and for what.
//
// The manual pages: fork(2), accept4(2), epoll_ctl(2), epoll_wait(2), poll(2), pipe(2).

import { parseArgs } from 'node:util';
import {
  AF_INET,
  EAGAIN,
  EINTR,
  EPOLLEXCLUSIVE,
  EPOLLIN,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EpollEvents,
  MSG_NOSIGNAL,
  POLLIN,
  PollFds,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  SO_REUSEADDR,
  Timespec,
  _exit,
  accept4,
  bind,
  close,
  epoll_create1,
  epoll_ctl,
  epoll_wait,
  errno,
  fork,
  listen,
  nanosleep,
  pipe2,
  poll,
  read,
  send,
  setsockopt,
  socket,
  strerror,
  write,
} from 'libevent-ts/sys';

type Way = 'herd' | 'exclusive' | 'blocking';

const WORKERS = 4;
const BACKLOG = 128;
const WELCOME = Buffer.from('Welcome.\n');
// What a worker tells the parent with its number: it has accepted a client, or found nobody.
const ACCEPTED = 1;
const NOBODY = 0;

function check(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: ${strerror(errno())}`);
  return result;
}

// #region wait
// Returns what waits until the listening socket has a client.
function waiterFor(listener: number, way: Way): () => void {
  // The wait is in accept4(2) itself.
  if (way === 'blocking') return () => {};
  const epfd = check('epoll_create1', epoll_create1(EPOLL_CLOEXEC));
  const wanted = new EpollEvents(1);
  wanted.set(0, way === 'exclusive' ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN, listener);
  check('epoll_ctl', epoll_ctl(epfd, EPOLL_CTL_ADD, listener, wanted));
  const ready = new EpollEvents(1);
  // A busy worker has other clients to look after before it accepts, and this nap stands for them. At
  // once, the first worker would accept before the others have looked, and epoll_wait would put them
  // back to sleep without a word: woken for nothing all the same.
  const others = new Timespec(0, 2_000_000);
  return () => {
    epoll_wait(epfd, ready, -1);
    nanosleep(others);
  };
}
// #endregion

// #region worker
// What a worker does for all its life.
function work(worker: number, listener: number, parent: number, way: Way): never {
  const tell = (outcome: number): void => {
    if (write(parent, Buffer.from([worker, outcome])) < 0) _exit(1);
  };
  const wait = waiterFor(listener, way);
  for (;;) {
    wait();
    const fd = accept4(listener, null, 0);
    if (fd >= 0) {
      tell(ACCEPTED);
      send(fd, WELCOME, WELCOME.length, MSG_NOSIGNAL);
      close(fd);
    } else if (errno() === EAGAIN) {
      tell(NOBODY);
    } else if (errno() !== EINTR) {
      _exit(1);
    }
  }
}
// #endregion

// #region count
interface Count {
  clients: number;
  forNothing: number;
}

function noCounts(): Count[] {
  return Array.from({ length: WORKERS }, () => ({ clients: 0, forNothing: 0 }));
}

function printCounts(counts: readonly Count[]): void {
  let clients = 0;
  let forNothing = 0;
  for (const [index, count] of counts.entries()) {
    console.log(`Worker ${index + 1}: clients ${count.clients}, for nothing ${count.forNothing}`);
    clients += count.clients;
    forNothing += count.forNothing;
  }
  const wakeUps = clients + forNothing;
  console.log(`${clients} clients, ${wakeUps} wake-ups, ${forNothing} of them for nothing.`);
  const many = wakeUps >= 2 * clients ? 'Two wake-ups or more' : 'Fewer than two wake-ups';
  const all = counts.every((count) => count.clients > 0) ? 'Every worker' : 'Not every worker';
  console.log(`${many} for each client. ${all} had some of them. Counting anew.`);
}
// #endregion

// #region parent
// Prints what the workers tell, and obeys the terminal. Waits for both at once.
function supervise(told: number): never {
  let counts = noCounts();
  const fds = new PollFds(2);
  fds.set(0, told, POLLIN);
  fds.set(1, 0, POLLIN);
  const bytes = Buffer.alloc(1024);
  for (;;) {
    poll(fds, 2, -1);
    if (fds.reventsAt(0) !== 0) {
      const n = read(told, bytes);
      for (let at = 0; at + 1 < n; at += 2) hear(counts, bytes[at] ?? 0, bytes[at + 1] ?? 0);
    } else if (fds.reventsAt(1) !== 0) {
      const n = read(0, bytes);
      if (n <= 0) fds.set(1, -1, 0);
      for (const line of bytes.toString('utf8', 0, Math.max(0, n)).split('\n')) {
        const command = line.trim();
        if (command === 'count') {
          printCounts(counts);
          counts = noCounts();
        } else if (command !== '') {
          console.log(`I don’t know “${command}”. Type count.`);
        }
      }
    }
  }
}

function hear(counts: readonly Count[], worker: number, outcome: number): void {
  const count = counts[worker];
  if (count === undefined) return;
  if (outcome === ACCEPTED) count.clients += 1;
  else count.forNothing += 1;
  const what = outcome === ACCEPTED ? 'woken, and accepted a client' : 'woken for nothing: EAGAIN';
  console.log(`Worker ${worker + 1}: ${what}`);
}
// #endregion

// #region main
function newListener(port: number, way: Way): number {
  const type = way === 'blocking' ? SOCK_STREAM : SOCK_STREAM | SOCK_NONBLOCK;
  const listener = check('socket', socket(AF_INET, type, 0));
  check('setsockopt', setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, 1));
  check('bind', bind(listener, { family: 'IPv4', address: '127.0.0.1', port }));
  check('listen', listen(listener, BACKLOG));
  return listener;
}

function readArguments(): { port: number; way: Way } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      exclusive: { type: 'boolean', default: false },
      blocking: { type: 'boolean', default: false },
    },
  });
  const [argument = '9876'] = positionals;
  const port = Number(argument);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`“${argument}” is not a port: give a number from 1 to 65535`);
  }
  return { port, way: values.blocking ? 'blocking' : values.exclusive ? 'exclusive' : 'herd' };
}

function main(): void {
  const { port, way } = readArguments();
  const listener = newListener(port, way);
  const pair = new Int32Array(2);
  check('pipe2', pipe2(pair));
  const [told = -1, tells = -1] = pair;
  for (let worker = 0; worker < WORKERS; worker += 1) {
    if (check('fork', fork()) === 0) {
      close(told);
      work(worker, listener, tells, way);
    }
  }
  close(tells);
  console.log(`Listening on port ${port}. ${WORKERS} workers wait on descriptor ${listener}.`);
  supervise(told);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
// #endregion
