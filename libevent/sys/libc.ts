import koffi from 'koffi';

if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
  throw new Error(
    `libevent-ts makes Linux system calls: it runs on x64 and arm64, not on ${process.platform} ${process.arch}`,
  );
}

/**
 * The C library this process already runs on. Opening the process itself rather than a file name
 * finds it under glibc and musl alike.
 */
export const libc = koffi.load(null);
