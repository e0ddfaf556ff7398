/**
 * Attacks with descriptors over many processes, each within its limit: 60 that inherit 200 each.
 * Must hold: the session’s budget ends the run, and the reader is told.
 */
import { openSync } from 'node:fs';
import { fork, sleepForEver, type Attack } from './kernel.ts';

const PROCESSES = 60;
const DESCRIPTORS = 200;

const inheritedDescriptors: Attack = () => {
  for (let index = 0; index < DESCRIPTORS; index++) openSync('/dev/null', 'r');
  for (let index = 0; index < PROCESSES; index++) {
    if (fork() === 0) sleepForEver();
  }
  return 'inherited';
};
export default inheritedDescriptors;
