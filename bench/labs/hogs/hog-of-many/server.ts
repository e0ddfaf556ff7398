/** Takes what there is of one thing, with many processes. Each kind has a bound, for the computer's sake. */
import koffi from 'koffi';
import {
  AF_INET,
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_STREAM,
  Timespec,
  accept4,
  bind,
  close,
  connect,
  fork,
  listen,
  nanosleep,
  recv,
  send,
  socket,
  socketpair,
} from 'libevent-ts/sys';

const setsid: () => number = koffi.load('libc.so.6').func('int setsid()');

const MiB = 1024 * 1024;
const SPINNERS = 200;
const EATERS = 20;
const EATEN_BY_EACH = 100 * MiB;
const FILLERS = 3;
const PAIRS_OF_EACH = 1000;
const CONNECTERS = 8;
const ADDRESS = { family: 'IPv4', address: '127.0.0.1', port: 9876 } as const;
const A_LONG_TIME = new Timespec(3600);

/**
 * Runs `work` in so many processes beside this one; none of them comes back from it. They begin
 * together: the first would keep the last from being made.
 */
function inEach(processes: number, work: () => void): void {
  const pair = new Int32Array(2);
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  const [ours = -1, theirs = -1] = pair;
  for (let index = 0; index < processes; index++) {
    if (fork() !== 0) continue;
    close(ours);
    recv(theirs, Buffer.alloc(1), 1, 0);
    work();
    sleep();
  }
  console.log('At it');
  close(ours);
}

function sleep(): never {
  for (;;) nanosleep(A_LONG_TIME);
}

function spin(): never {
  for (;;);
}

/** Memory that is written to again and again, so that nobody takes it for idle. */
function eat(): never {
  const eaten = Array.from({ length: EATEN_BY_EACH / MiB }, () => Buffer.alloc(MiB, 1));
  for (let round = 0; ; round++) for (const part of eaten) part.fill(round);
}

function fill(): void {
  const pair = new Int32Array(2);
  const block = Buffer.alloc(64 * 1024);
  for (let index = 0; index < PAIRS_OF_EACH; index++) {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) !== 0) return;
    for (const end of pair) {
      while (send(end, block, block.length, MSG_DONTWAIT | MSG_NOSIGNAL) > 0);
    }
  }
}

function connectForEver(): never {
  for (;;) {
    const fd = socket(AF_INET, SOCK_STREAM, 0);
    connect(fd, ADDRESS);
    close(fd);
  }
}

const HOGS: Readonly<Record<string, () => void>> = {
  // A session of its own for each: the kernel shares processors among sessions, sched(7), “autogroup”.
  spin() {
    inEach(SPINNERS, () => {
      setsid();
      spin();
    });
    spin();
  },
  memory() {
    inEach(EATERS, eat);
    sleep();
  },
  forks() {
    console.log('At it');
    for (;;) fork();
  },
  sockets() {
    inEach(FILLERS, fill);
    sleep();
  },
  connects() {
    const listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, ADDRESS);
    listen(listener, 512);
    inEach(CONNECTERS, connectForEver);
    for (;;) close(accept4(listener, null, 0));
  },
};

HOGS[process.argv[2] ?? '']?.();
