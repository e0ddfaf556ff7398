/**
 * Attacks the number of requests that the whole computer has for asynchronous input and output
 * (fs.aio-max-nr): with contexts for all of them, no database here could start.
 * Must hold: not one context.
 */
import { call, errorName, type Attack } from './kernel.ts';

const REQUESTS = 500;
const MOST = 200;

const aio: Attack = () => {
  let contexts = 0;
  while (contexts < MOST) {
    if (call([206, 0], REQUESTS, new Uint8Array(8)) < 0) break;
    contexts += 1;
  }
  return { contexts, error: contexts < MOST ? errorName() : 'none' };
};
export default aio;
