/** Takes all it can of one thing, over many processes where that takes more than one. */
import { openSync } from 'node:fs';
import koffi from 'koffi';
import {
  AF_UNIX,
  EAGAIN,
  MSG_DONTWAIT,
  SOCK_STREAM,
  close,
  errno,
  fork,
  recv,
  send,
  socketpair,
} from 'libevent-ts/sys';

const MiB = 1024 * 1024;
const libc = koffi.load('libc.so.6');
const pause: () => number = libc.func('int pause(void)');
const setsid: () => number = libc.func('int setsid(void)');

/** Forks children that do something and then stay. @returns whether all could be forked */
function children(count: number, act: () => void): boolean {
  for (let index = 0; index < count; index++) {
    const pid = fork();
    if (pid < 0) return false;
    if (pid > 0) continue;
    act();
    for (;;) pause();
  }
  return true;
}

const kept: Buffer[] = [];

function takeMemory(): void {
  for (let index = 0; index < 40; index++) kept.push(Buffer.alloc(16 * MiB, 1));
}

function fillSockets(): void {
  const chunk = Buffer.alloc(4096);
  const pair = new Int32Array(2);
  while (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) === 0) {
    while (send(pair[0] ?? -1, chunk, chunk.length, MSG_DONTWAIT) > 0);
  }
}

function openDescriptors(): void {
  try {
    for (;;) openSync('/dev/null', 'r');
  } catch {
    // It has as many as it may have.
  }
}

/** Begins when all are there: those that spin would leave whoever forks the next ones hardly any time. */
function spin(): void {
  const start = new Int32Array(2);
  socketpair(AF_UNIX, SOCK_STREAM, 0, start);
  const [held = -1, waited = -1] = start;
  children(Number(process.argv[3] ?? 48), () => {
    setsid();
    close(held);
    recv(waited, Buffer.alloc(1), 1, 0);
    for (;;);
  });
  close(held);
}

const ways: Record<string, () => void> = {
  memory: takeMemory,
  child: () => children(1, takeMemory),
  processes() {
    if (!children(5000, () => {})) {
      console.log(errno() === EAGAIN ? 'fork: EAGAIN' : `fork: errno ${errno()}`);
    }
  },
  spin,
  descriptors: () => children(6, openDescriptors),
  sockets: () => children(2, fillSockets),
};

console.log('Taking');
ways[process.argv[2] ?? '']?.();
setInterval(() => {}, 1000);
