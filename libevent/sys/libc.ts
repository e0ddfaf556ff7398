import koffi from 'koffi';
import type { CallbackTrace } from './callback_trace.ts';
import { tracedLibrary } from './trace.ts';
import type { Library, TracedLibrary } from './trace.ts';
import { traceSettings } from './trace_settings.ts';

if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
  throw new Error(
    `libevent-ts makes Linux system calls: it runs on x64 and arm64, not on ${process.platform} ${process.arch}`,
  );
}

// Opening the process itself rather than a file name finds it under glibc and musl alike.
const library = koffi.load(null);

function traced(): TracedLibrary | null {
  const settings = traceSettings(process.env);
  if (settings === null) return null;
  // Which calls are recorded is for the first of them to find.
  return tracedLibrary(library, () => traceSettings(process.env) ?? settings);
}

// Decided once: a call that is not traced is the C library's own function and nothing more.
const trace = traced();

/** The C library this process already runs on, traced if the environment asks for it. */
export const libc: Library = trace ?? { func: (prototype) => library.func(prototype) };

/** Whether calls are told of. */
export const isTraced = trace !== null;

/**
 * Whom to tell of callbacks; null if the environment asks for no trace.
 *
 * @internal
 */
export const callbackTrace: CallbackTrace | null = trace?.callbacks ?? null;
