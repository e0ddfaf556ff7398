/** Loaded into a server of the tests' own before anything else: SIGIO has it collect its garbage. */
import koffi from 'koffi';
import { collectGarbage } from './collect-garbage.ts';

/** Gives what was freed back to the kernel; malloc keeps much of it otherwise: malloc_trim(3). */
const mallocTrim: (pad: number) => number = koffi.load('libc.so.6').func('int malloc_trim(size_t)');

let scheduled: NodeJS.Immediate | undefined;

// Once for all signals that have come: Node hears every one of them before it does anything else, and
// where collecting takes longer than the time from one to the next, it would do nothing else any more.
process.on('SIGIO', () => {
  scheduled ??= setImmediate(() => {
    scheduled = undefined;
    collectGarbage();
    mallocTrim(0);
  });
});
