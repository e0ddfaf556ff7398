/**
 * Attacks the number of pseudoterminals that the whole computer has: with all of them taken, nobody’s
 * run could start.
 * Must hold: not one can be made, by no name; and its own terminal is the only one there.
 */
import { closeSync, openSync } from 'node:fs';
import { sees, tried, type Attack } from './kernel.ts';

const pseudoterminals: Attack = () => ({
  multiplexer: tried(() => closeSync(openSync('/dev/ptmx', 'r+'))),
  another: tried(() => closeSync(openSync('/dev/pts/ptmx', 'r+'))),
  pts: sees('/dev/pts'),
  // Programs do open their terminal anew: Node does.
  own: tried(() => closeSync(openSync('/dev/tty', 'r+'))),
});
export default pseudoterminals;
