/**
 * Attacks the files that all sandboxes and the server share: leases and locks on them that others wait for,
 * notices of changes, of which each user has so many, reads past the cache, flushes of the disk, and
 * throwing out of memory what others read.
 * Must hold: each is refused.
 */
import { closeSync, openSync } from 'node:fs';
import { call, outcome, type Attack } from './kernel.ts';

const FCNTL = [72, 25] as const;
const AT_FDCWD = -100;
const PAGE = 4096;

const sharedFiles: Attack = () => {
  const file = openSync(process.execPath, 'r');
  const folder = openSync('.', 'r');
  const lock = new Uint8Array(32);
  const mapped = call([9, 222], 0, PAGE, 1, 2, file, 0);
  try {
    return {
      lease: outcome(FCNTL, file, 1024, 0),
      writeLease: outcome(FCNTL, file, 1024, 1),
      notice: outcome(FCNTL, folder, 1026, 2),
      lock: outcome(FCNTL, file, 6, lock),
      ofdLock: outcome(FCNTL, file, 37, lock),
      flock: outcome([73, 32], file, 2 + 4),
      flockFolder: outcome([73, 32], folder, 1 + 4),
      inotify: outcome([294, 26], 0),
      oldInotify: outcome([253, null]),
      fanotify: outcome([300, 262], 0, 0),
      direct: outcome(
        [257, 56],
        AT_FDCWD,
        '/readable/node',
        process.arch === 'x64' ? 0o40000 : 0o200000,
        0,
      ),
      directLater: outcome(FCNTL, file, 4, process.arch === 'x64' ? 0o40000 : 0o200000),
      openat2: outcome([437, 437], AT_FDCWD, '/', new Uint8Array(24), 24),
      sync: outcome([162, 81]),
      syncfs: outcome([306, 267], file),
      fsync: outcome([74, 82], file),
      fdatasync: outcome([75, 83], file),
      syncRange: outcome([277, 84], file, 0, 0, 7),
      msync: outcome([26, 227], mapped, PAGE, 4),
      dropFile: outcome([221, 223], file, 0, 0, 4),
      dropPages: outcome([28, 233], mapped, PAGE, 21),
      cached: outcome([451, 451], file, new Uint8Array(16), new Uint8Array(40), 0),
    };
  } finally {
    closeSync(file);
    closeSync(folder);
  }
};
export default sharedFiles;
