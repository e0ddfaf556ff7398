/**
 * Attacks with threads, as many as it gets; each stays.
 * Must hold: there are fewer than 400.
 */
import koffi from 'koffi';
import type { Attack } from './kernel.ts';

const MOST = 1000;

const threadBomb: Attack = () => {
  const libc = koffi.load('libc.so.6');
  const create: (thread: Uint8Array, attributes: null, start: unknown, argument: null) => number =
    libc.func('int pthread_create(uint8_t *, void *, void *, void *)');
  const pause: unknown = libc.symbol('pause');
  let threads = 0;
  while (threads < MOST && create(new Uint8Array(8), null, pause, null) === 0) threads += 1;
  return threads < 400;
};
export default threadBomb;
