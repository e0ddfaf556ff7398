/**
 * Shelves: a folder for each sandbox, on which it finds the programs of its session's lab and of no other.
 * A sandbox can be made before its lab is known, and the server puts the programs there later, those that
 * the reader has written in place of the lab’s. Only the server writes to it. Shelves are in memory, where that can be had, so that a full disk stops no run.
 */
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import koffi from 'koffi';
import type { CheckedEdit } from '../edits/edit-checker.ts';
import { holdFolder, type Held } from '../held-folders.ts';
import { LABS } from '../runtime.ts';
import type { Sweeper } from './sweeper.ts';

const mkfifo: (path: string, mode: number) => number = koffi
  .load('libc.so.6')
  .func('int mkfifo(const char *path, unsigned int mode)');

/** A file system in memory that every user may write to: shm_overview(7). */
const MEMORY = '/dev/shm';
/** Others may go through it, and not look around. */
const PASSABLE = 0o711;
/** For its owner, the server, and its group, which is the sandbox’s. */
const GROUP_READABLE = 0o750;
const OWN = 0o600;

/** The names, on a shelf, of the hosts file of its lab: hosts(5). No lab has a name with a dot in it. */
export const HOSTS = '.hosts';

/** The folder of all servers of this user; undefined where memory can’t be had, or somebody else has it. */
function folderInMemory(): string | undefined {
  const uid = process.getuid?.() ?? 0;
  const path = join(MEMORY, `readable-${uid}`);
  try {
    fs.mkdirSync(path, { recursive: true, mode: PASSABLE });
    const stat = fs.lstatSync(path);
    if (!stat.isDirectory() || stat.uid !== uid) return undefined;
    // Whatever the umask says.
    fs.chmodSync(path, PASSABLE);
    return path;
  } catch {
    return undefined;
  }
}

/** The shelf of one sandbox. */
export interface Shelf {
  /** Its path on this computer. */
  readonly path: string;
  /**
   * Puts a copy of a lab’s folder there, by the lab’s name, and its hosts file if it has one.
   * @param edits what is put in place of programs in the copy
   * @returns its path on this computer
   */
  add(folder: string, edits: readonly CheckedEdit[]): string;
  /** Makes a named pipe for the sandbox to read from. @returns its path */
  addPipe(name: string): string;
  /** Takes it away with all that is on it. */
  remove(): void;
}

/**
 * Shows a sandbox that sees the whole runtime the programs of a lab. Those that its reader has written are
 * on its shelf alone, with what they import.
 * @returns the folder of the programs, as its processes find it
 */
export function showOnRuntime(
  runtime: string,
  shelf: Shelf,
  lab: string,
  edits: readonly CheckedEdit[],
): string {
  const inRuntime = join(LABS, lab);
  if (edits.length === 0) return inRuntime;
  const modules = 'node_modules';
  fs.symlinkSync(join(runtime, modules), join(shelf.path, modules));
  return shelf.add(join(runtime, inRuntime), edits);
}

/** The shelves of one server. */
export class Shelves {
  readonly #held: Held;

  /**
   * @param elsewhere a folder of held folders on a disk, for where memory can’t be had
   * @param sweeper takes them away if the server can’t
   */
  constructor(elsewhere: string, sweeper?: Sweeper) {
    const name = `live-${randomUUID()}`;
    const making = { make() {}, spare: 0, lasts: () => false };
    const base = folderInMemory() ?? elsewhere;
    sweeper?.tell('folder', join(base, name));
    this.#held = holdFolder(base, name, making);
  }

  /**
   * Makes an empty one.
   * @param user whom the sandbox’s processes are outside; undefined for whoever runs the server
   */
  make(user: number | undefined): Shelf {
    const path = join(this.#held.path, randomUUID());
    fs.mkdirSync(path, { mode: GROUP_READABLE });
    if (user !== undefined) fs.chownSync(path, process.getuid?.() ?? 0, user);
    return {
      path,
      add(folder, edits) {
        const lab = basename(folder);
        const copy = join(path, lab);
        fs.cpSync(folder, copy, { recursive: true });
        for (const { file, code } of edits) fs.writeFileSync(join(copy, file), code);
        if (fs.existsSync(join(folder, 'hosts'))) {
          fs.symlinkSync(join(lab, 'hosts'), join(path, HOSTS));
        }
        return copy;
      },
      addPipe(name) {
        const pipe = join(path, name);
        if (mkfifo(pipe, OWN) !== 0) throw new Error(`mkfifo failed with errno ${koffi.errno()}`);
        if (user !== undefined) fs.chownSync(pipe, user, user);
        return pipe;
      },
      remove: () => fs.rmSync(path, { recursive: true, force: true }),
    };
  }

  /** Takes all of them away. */
  close(): void {
    this.#held.remove();
  }
}
