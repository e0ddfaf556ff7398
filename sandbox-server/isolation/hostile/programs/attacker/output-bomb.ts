/**
 * Attacks with output, mostly characters that terminals obey: repeats without end, titles, the clipboard.
 * Must hold: the run is ended at its limit, and the reader is told.
 */
import { writeSync } from 'node:fs';
import type { Attack } from './kernel.ts';

const STDOUT = 1;
const SEQUENCES = 'x\x1b[2147483647b\x1b]0;title\x07\x1b]52;c;eA==\x07\x1b[2147483647L\x9b6n\x05';

const outputBomb: Attack = () => {
  for (;;) writeSync(STDOUT, SEQUENCES.repeat(20));
};
export default outputBomb;
