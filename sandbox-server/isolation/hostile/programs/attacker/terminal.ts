/**
 * Attacks through its terminal: types into it for the reader, changes its line discipline, takes it over,
 * and puts the console’s messages on it.
 * Must hold: each is refused; what any program does with a terminal works.
 */
import { isatty } from 'node:tty';
import { outcome, type Attack } from './kernel.ts';

const IOCTL = [16, 29] as const;

const terminal: Attack = () => ({
  type: outcome(IOCTL, 0, 0x5412, 'x'),
  typeLinux: outcome(IOCTL, 0, 0x541c, new Uint8Array([2])),
  discipline: outcome(IOCTL, 0, 0x5423, new Uint8Array(new Int32Array([13]).buffer)),
  console: outcome(IOCTL, 0, 0x541d, 0),
  bridge: outcome(IOCTL, 0, 0x8940, new Uint8Array(40)),
  size: outcome(IOCTL, 0, 0x5413, new Uint8Array(8)),
  settings: outcome(IOCTL, 0, 0x5401, new Uint8Array(64)),
  isTerminal: isatty(0) && isatty(1) && isatty(2),
  columns: process.stdout.columns,
});
export default terminal;
