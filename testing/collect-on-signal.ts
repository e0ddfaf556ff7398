/** Loaded into a server of the tests' own before anything else: SIGIO has it collect its garbage. */
import { collectGarbage } from './collect-garbage.ts';

let scheduled: NodeJS.Immediate | undefined;

// Once for all signals that have come: Node hears every one of them before it does anything else, and
// where collecting takes longer than the time from one to the next, it would do nothing else any more.
process.on('SIGIO', () => {
  scheduled ??= setImmediate(() => {
    scheduled = undefined;
    collectGarbage();
  });
});
