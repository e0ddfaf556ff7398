// Runs inside the sandbox, before a program. The server has already taken the types out of every
// .ts file there, so Node need not load its TypeScript parser: that halves a program's start.
import { readFileSync } from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The folder of everything that sandboxes see, but for the programs of a lab in some of them. */
const RUNTIME = new URL('../../', import.meta.url).href;
/** Of the address of a file, what is before the name that a reader knows it by: in there, and on a shelf elsewhere. */
const BEFORE_NAME = /^(?:labs\/[^/]+|node_modules)\//;
const BEFORE_NAME_ON_SHELF = /^.*\/live-[^/]+\/[^/]+\/[^/]+\//;
/** What V8 sets aside for the machine code of a thread, in MiB. Its own choice is 512, and that is more than a run has. */
const THREAD_CODE = 8;

/** A file's name in the stacks that a program prints: `server.ts`, `libevent-ts/event/event.ts`. */
function shownName(url) {
  if (!url.startsWith(RUNTIME)) return url.replace(BEFORE_NAME_ON_SHELF, '');
  return url.slice(RUNTIME.length).replace(BEFORE_NAME, '');
}

/** Has `new Worker()` make threads that there is room for. */
function makeSmallThreads() {
  const threads = process.getBuiltinModule('node:worker_threads');
  threads.Worker = new Proxy(threads.Worker, {
    construct(Worker, [file, options], newTarget) {
      const resourceLimits = { codeRangeSizeMb: THREAD_CODE, ...options?.resourceLimits };
      return Reflect.construct(Worker, [file, { ...options, resourceLimits }], newTarget);
    },
  });
  syncBuiltinESMExports();
}

let threadsAreSmall = false;

registerHooks({
  resolve(specifier, context, nextResolve) {
    // Most programs have no threads, and need not wait until that is loaded.
    if (!threadsAreSmall && /^(?:node:)?worker_threads$/.test(specifier)) {
      threadsAreSmall = true;
      makeSmallThreads();
    }
    return nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
    const source = readFileSync(fileURLToPath(url), 'utf8');
    // The last such line counts, whatever others a program has.
    const named = `${source}\n//# sourceURL=${shownName(url)}`;
    return { format: 'module', shortCircuit: true, source: named };
  },
});

// A tracer waits for this, and does not want to hear of what came before it.
if (process.env.READABLE_TRACED !== undefined) {
  const { becomeTraced } = await import('./tracer/tracee.ts');
  await becomeTraced();
}

// Here Node has not begun with the main module yet, so it can still become another one.
if (process.argv[1]?.endsWith('/sandbox-server/guest/wait.ts')) {
  const { becomeProgram } = await import('./wait.ts');
  await becomeProgram();
}
