import koffi from 'koffi';
import { traceSettings, tracedLibrary } from './trace.ts';
import type { Library } from './trace.ts';

if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
  throw new Error(
    `libevent-ts makes Linux system calls: it runs on x64 and arm64, not on ${process.platform} ${process.arch}`,
  );
}

function load(): Library {
  // Opening the process itself rather than a file name finds it under glibc and musl alike.
  const library = koffi.load(null);
  const settings = traceSettings(process.env);
  // Decided once: a call that is not traced is the C library's own function and nothing more. Which
  // calls are recorded is for the first of them to find.
  if (settings === null) return library;
  return tracedLibrary(library, () => traceSettings(process.env) ?? settings);
}

/** The C library this process already runs on, traced if the environment asks for it. */
export const libc: Library = load();
