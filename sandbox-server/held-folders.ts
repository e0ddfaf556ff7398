/**
 * Folders that are made whole, never changed afterwards, and removed when no process uses them any more:
 * builds of the site, and what sandboxes see. So a second start of a clone, or one after a pull, takes
 * nothing away from a server that runs. The kernel keeps count: a process that uses a folder has a lock
 * on it, flock(2), which goes when the process does, however that ends.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';

const flock: (fd: number, operation: number) => number = koffi
  .load('libc.so.6')
  .func('int flock(int fd, int operation)');

/** flock(2) */
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** A folder that this process uses. */
export interface Held {
  readonly path: string;
  /** Says that it no longer does; to say so again does nothing. */
  readonly release: () => void;
  /** Says so, and that nobody will want it again, nor does anybody else use it: it is gone then. */
  readonly remove: () => void;
}

/** How a folder is made. */
export interface Making {
  /**
   * Fills an empty folder, which then becomes the one that was asked for.
   * @param lock a descriptor to hand to a process that helps: while that runs, nobody else makes one
   */
  make(folder: string, lock: number): void;
  /** Called before it waits for another process, which makes one at this moment. */
  readonly waits?: () => void;
  /** How many of those that nobody uses stay, the last used of them: they may be wanted again. */
  readonly spare: number;
  /** Whether one by this name may be wanted again; without this, each may. */
  readonly lasts?: (name: string) => boolean;
}

function openFolder(path: string): number {
  return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
}

/** Does something that no other process does in `base` at the same time. */
function alone<T>(base: string, waits: (() => void) | undefined, work: (lock: number) => T): T {
  const lock = openFolder(base);
  try {
    if (flock(lock, LOCK_EX | LOCK_NB) !== 0) {
      waits?.();
      flock(lock, LOCK_EX);
    }
    return work(lock);
  } finally {
    fs.closeSync(lock);
  }
}

/**
 * Holds the folder `name` in `base`, which only this module writes to, and makes it if it is not there.
 * Then removes those that no process holds. One that is there is held on a read-only file system too.
 * @throws Error of `make`; then nothing has changed
 */
export function holdFolder(base: string, name: string, making: Making): Held {
  fs.mkdirSync(base, { recursive: true });
  return alone(base, making.waits, (lock) => {
    const path = join(base, name);
    if (!fs.existsSync(path)) {
      const unfinished = `${path}.new`;
      fs.rmSync(unfinished, { recursive: true, force: true });
      fs.mkdirSync(unfinished);
      making.make(unfinished, lock);
      fs.renameSync(unfinished, path);
    }
    const use = openFolder(path);
    flock(use, LOCK_SH);
    try {
      const now = new Date();
      fs.futimesSync(use, now, now);
      removeUnused(base, name, making);
    } catch {
      // Where nothing can be written nothing need be put in order: what was asked for is there.
    }
    let held = true;
    const release = (): void => {
      // A second time the number may be somebody else’s descriptor.
      if (held) fs.closeSync(use);
      held = false;
    };
    const remove = (): void => {
      // Another start would not expect one that it has just seen to go.
      alone(base, undefined, () => fs.rmSync(path, { recursive: true, force: true }));
      release();
    };
    return { path, release, remove };
  });
}

function removeUnused(base: string, current: string, { spare, lasts }: Making): void {
  const others = fs
    .readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== current)
    .map(({ name }) => ({
      name,
      path: join(base, name),
      used: fs.statSync(join(base, name)).mtimeMs,
    }))
    .sort((a, b) => b.used - a.used);
  let kept = 0;
  for (const { name, path } of others) {
    const folder = openFolder(path);
    const unused = flock(folder, LOCK_EX | LOCK_NB) === 0;
    fs.closeSync(folder);
    const maySpare = !name.endsWith('.new') && (lasts?.(name) ?? true);
    if (!unused || (maySpare && kept++ < spare)) continue;
    fs.rmSync(path, { recursive: true, force: true });
  }
}
