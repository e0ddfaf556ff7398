/**
 * Attacks with the kernel’s memory: unix sockets full of what nobody reads, over many processes.
 * Must hold: the session’s budget ends the run, and the reader is told.
 */
import { call, fork, sleepForEver, type Attack } from './kernel.ts';

const PROCESSES = 24;
const PAIRS = 60;
const MSG_DONTWAIT = 0x40;

function fill(): void {
  const block = new Uint8Array(32 * 1024);
  for (let index = 0; index < PAIRS; index++) {
    const pair = new Int32Array(2);
    if (call([53, 199], 1, 1, 0, new Uint8Array(pair.buffer)) < 0) return;
    for (const end of pair) {
      while (call([44, 206], end, block, block.length, MSG_DONTWAIT, 0, 0) > 0);
    }
  }
}

const socketMemory: Attack = () => {
  for (let index = 0; index < PROCESSES; index++) {
    if (fork() !== 0) continue;
    fill();
    sleepForEver();
  }
  return 'filled';
};
export default socketMemory;
