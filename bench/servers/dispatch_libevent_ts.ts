/**
 * The cost of dispatching with this library: PIPES pipes are watched, a byte goes into ACTIVE of
 * them, and each byte read sends one into the next pipe until WRITES more were sent.
 * Arguments: PIPES ACTIVE WRITES REPEATS
 */
import {
  EVLOOP_NONBLOCK,
  EVLOOP_ONCE,
  EV_PERSIST,
  EV_READ,
  Event,
  EventBase,
  SystemError,
} from '../../libevent/index.ts';
import {
  CLOCK_THREAD_CPUTIME_ID,
  Timespec,
  clock_gettime,
  pipe2,
  read,
  write,
} from '../../libevent/sys/index.ts';
import { median } from '../statistics.ts';

const [pipes = 0, active = 0, writes = 0, repeats = 0] = process.argv.slice(2).map(Number);
const MICROSECONDS = 1000;
const MICROSECONDS_PER_SECOND = 1e6;
const time = new Timespec();
const byte = Buffer.alloc(1);
const base = new EventBase();
const writeEnds: number[] = [];
let writesLeft = 0;
let fired = 0;
let handled = 0;

/** Seconds that this thread has run. */
function ownTime(): number {
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, time);
  return time.toSeconds();
}

function send(index: number): void {
  if (write(writeEnds[index % pipes] ?? -1, byte, 1) !== 1) throw new SystemError('write');
}

function onRead(fd: number, _what: number, index: number): void {
  if (read(fd, byte, 1) !== 1) throw new SystemError('read');
  handled++;
  if (writesLeft === 0) return;
  writesLeft--;
  fired++;
  send(index + 1);
}

const pair = new Int32Array(2);
for (let i = 0; i < pipes; i++) {
  if (pipe2(pair) < 0) throw new SystemError('pipe2');
  const [readEnd = -1, writeEnd = -1] = pair;
  writeEnds.push(writeEnd);
  const event = new Event(base, readEnd, EV_READ | EV_PERSIST, onRead, i);
  if (event.add() < 0) throw new SystemError('event_add');
}
base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
const times: number[] = [];
const ownTimes: number[] = [];
// The first half is not counted: the compiler warms up.
for (let repeat = -repeats; repeat < repeats; repeat++) {
  handled = 0;
  fired = active;
  writesLeft = writes;
  for (let i = 0; i < active; i++) send(i * Math.floor(pipes / active));
  const start = performance.now();
  const ownStart = ownTime();
  while (handled < fired) base.loop(EVLOOP_ONCE | EVLOOP_NONBLOCK);
  if (repeat < 0) continue;
  ownTimes.push((ownTime() - ownStart) * MICROSECONDS_PER_SECOND);
  times.push((performance.now() - start) * MICROSECONDS);
}
console.log(
  JSON.stringify({
    method: base.getMethod(),
    microseconds: median(times),
    cpuMicroseconds: median(ownTimes),
  }),
);
