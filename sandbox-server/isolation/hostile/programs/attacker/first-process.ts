/**
 * Attacks the first process of its sandbox, which waits for the program and ends with the server: writes
 * into its memory, reads what it has open, signals it, takes away its limits.
 * Must hold: it can’t be opened, it survives, and it has limits itself.
 */
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { kill, outcome, tried, type Attack } from './kernel.ts';

const RLIMIT_NPROC = 6;

function limitOf(name: string): number {
  const match = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(readFileSync('/proc/1/limits', 'utf8'));
  return Number(match?.[1] ?? Infinity);
}

const firstProcess: Attack = () => {
  const limit = new BigUint64Array([65536n, 65536n]);
  for (const signal of [1, 2, 3, 9, 11, 15, 19, 24]) kill(1, signal);
  return {
    memory: tried(() => closeSync(openSync('/proc/1/mem', 'r+'))),
    maps: tried(() => readFileSync('/proc/1/maps')),
    descriptors: tried(() => readlinkSync('/proc/1/fd/0')),
    root: tried(() => readlinkSync('/proc/1/root')),
    raise: outcome([302, 261], 1, RLIMIT_NPROC, new Uint8Array(limit.buffer), 0),
    alive: kill(1, 0) === 0,
    processes: limitOf('Max processes') <= 640,
    memoryLimit: limitOf('Max address space') <= 2 ** 32,
    openFiles: limitOf('Max open files') <= 256,
  };
};
export default firstProcess;
