/**
 * Attacks the end of a run, with all that outlives it elsewhere: daemons that ignore signals, processes
 * that have stopped themselves, a chain of a hundred, zombies, and processes that spin, each in a
 * session of its own so that each takes a share of the processor.
 * Must hold: setsid(2) makes no session, others’ runs go on meanwhile, and after Stop nothing is left.
 */
import koffi from 'koffi';
import { errorName, fork, kill, sleepForEver, type Attack } from './kernel.ts';

const SIGSTOP = 19;
const CHAIN = 100;
const SPINNING = 4;

const libc = koffi.load('libc.so.6');
const setsid: () => number = libc.func('int setsid()');
const getpid: () => number = libc.func('int getpid()');
const exit: (status: number) => void = libc.func('void _exit(int)');
const signal: (signal: number, handler: unknown) => unknown = libc.func(
  'void *signal(int, intptr_t)',
);

function child(live: () => void): void {
  if (fork() !== 0) return;
  live();
  sleepForEver();
}

const stay: Attack = () => {
  const session = setsid() >= 0 ? 'done' : errorName();
  // A daemon: its parent is gone, and it ignores what it can.
  child(() => {
    child(() => {
      for (let number = 1; number < 64; number++) signal(number, 1);
      setsid();
    });
    exit(0);
  });
  child(() => kill(getpid(), SIGSTOP));
  child(() => {
    for (let length = 1; length < CHAIN && fork() === 0; length++);
  });
  for (let zombies = 0; zombies < 50; zombies++) child(() => exit(0));
  for (let spinning = 0; spinning < SPINNING; spinning++) {
    child(() => {
      setsid();
      for (;;);
    });
  }
  return session;
};
export default stay;
