/**
 * Attacks with its heap, as large as it gets.
 * Must hold: its own process ends, and nothing else.
 */
import type { Attack } from './kernel.ts';

const heapBomb: Attack = () => {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => index * 1.5));
};
export default heapBomb;
