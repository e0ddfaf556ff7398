/**
 * The processor time of a thread: clock_gettime(2). Node’s own process.threadCpuUsage() asks getrusage(2),
 * which knows of most work only once the thread sleeps, and of next to nothing that takes less than 4 ms.
 */
import koffi from 'koffi';

const CLOCK_THREAD_CPUTIME_ID = 3;
const clockGettime: (clock: number, time: BigInt64Array) => number = koffi
  .load('libc.so.6')
  .func('int clock_gettime(int clock, _Out_ int64_t *time)');

/** How long the calling thread has had a processor so far, in milliseconds with fractions. */
export function threadTime(): number {
  // struct timespec: seconds and nanoseconds.
  const time = new BigInt64Array(2);
  if (clockGettime(CLOCK_THREAD_CPUTIME_ID, time) !== 0) {
    throw new Error(`clock_gettime failed with errno ${koffi.errno()}`);
  }
  const [seconds = 0n, nanoseconds = 0n] = time;
  return Number(seconds) * 1000 + Number(nanoseconds) / 1e6;
}
