// What one pass of an event loop costs while it watches more and more descriptors.
//
//   server.ts [METHOD] [BUSY]      METHOD is select, poll or epoll, and epoll if none is given
//
// A pass asks the kernel once which descriptors can be read, and calls back for those. BUSY of them
// can be read, 1 if no number is given. The others are silent, as most connections of a server are.

import {
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EV_PERSIST,
  EV_READ,
  Event,
  EventBase,
  EventConfig,
} from 'libevent-ts';
import {
  AF_INET,
  FD_SETSIZE,
  SOCK_DGRAM,
  SockaddrStorage,
  bind,
  connect,
  errno,
  getsockname,
  send,
  socket,
  strerror,
} from 'libevent-ts/sys';

const METHODS = ['select', 'poll', 'epoll'];
const WATCHED = [10, 30, 100, 300, 1000, 1900];

// In milliseconds: first V8 compiles what it sees often, and then it counts.
const WARM_UP = 100;
const MEASURE = 300;
const MOST_PASSES = 10_000;

function check(result: number, call: string): number {
  if (result < 0) throw new Error(`${call}: ${strerror(errno())}`);
  return result;
}

// #region sockets
// A UDP socket that is connected to itself: what it sends, it can read. It takes one descriptor, where
// both ends of a pipe or of a connection would take two.
function newSocket(): number {
  const fd = check(socket(AF_INET, SOCK_DGRAM, 0), 'socket');
  check(bind(fd, { family: 'IPv4', address: '127.0.0.1', port: 0 }), 'bind');
  const address = new SockaddrStorage();
  check(getsockname(fd, address), 'getsockname');
  check(connect(fd, address.decode()), 'connect');
  return fd;
}
// #endregion

// #region base
// A base takes the best method there is, unless it is told to avoid that.
function newBase(method: string): EventBase {
  const config = new EventConfig();
  for (const other of METHODS) if (other !== method) config.avoidMethod(other);
  return new EventBase(config);
}
// #endregion

// #region pass
// Nobody reads the byte, so the same descriptors are ready in each pass.
function onReadable(): void {}

// A mean would count every moment at which something else had the processor. A median doesn't.
function medianPass(base: EventBase): number {
  const times: number[] = [];
  const begin = performance.now();
  let before = begin;
  while (before < begin + WARM_UP + MEASURE && times.length < MOST_PASSES) {
    base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
    const after = performance.now();
    if (before >= begin + WARM_UP) times.push(after - before);
    before = after;
  }
  times.sort((one, other) => one - other);
  return (times[times.length >> 1] ?? NaN) * 1000;
}
// #endregion

// #region main
function main(method = 'epoll', busy = 1): number {
  if (!METHODS.includes(method) || !Number.isInteger(busy) || busy < 0) {
    console.error('Usage: server.ts [select|poll|epoll] [BUSY]');
    return 1;
  }
  using base = newBase(method);
  let count = 0;
  for (const watched of WATCHED) {
    for (; count < watched; count++) {
      const fd = newSocket();
      if (method === 'select' && fd >= FD_SETSIZE) {
        console.log(`${watched} descriptors: not with select. An fd_set has ${FD_SETSIZE} bits`);
        return 0;
      }
      if (count < busy) check(send(fd, Buffer.from('!'), 1, 0), 'send');
      new Event(base, fd, EV_READ | EV_PERSIST, onReadable, null).add();
    }
    console.log(`${watched} descriptors: ${medianPass(base).toFixed(1)} µs a pass`);
  }
  return 0;
}

process.exitCode = main(process.argv[2], Number(process.argv[3] ?? 1));
// #endregion
