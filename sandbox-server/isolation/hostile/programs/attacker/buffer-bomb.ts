/**
 * Attacks with memory outside its heap, as much as it gets; none of it is used.
 * Must hold: there is an end to it, far below what the computer has.
 */
import type { Attack } from './kernel.ts';

const MiB = 1024 * 1024;
const MOST = 64;

const bufferBomb: Attack = () => {
  const kept: Buffer[] = [];
  try {
    while (kept.length < MOST) kept.push(Buffer.allocUnsafe(64 * MiB));
  } catch {
    // That is the end.
  }
  return kept.length < 32;
};
export default bufferBomb;
