/**
 * The runtime folder: everything that a sandbox's programs need and nothing else, in one place that
 * is mounted read-only. Node itself, the library, koffi, the client program, and each lab's programs,
 * all TypeScript with its types already taken out.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Lab } from '../lab/definition.ts';
import { ROOT } from '../project.ts';
import { stripTypes } from './strip-types.ts';

/** What runs inside sandboxes, in the project and, under the same name, in the runtime folder. */
const GUEST = 'sandbox-server/guest';
/** The module that Node loads before a program: it runs `.ts` files whose types are gone already. */
export const LOADER = `${GUEST}/loader.js`;
/** Brings up the network of a sandbox, where nobody else does. */
export const RAISE_LOOPBACK = `${GUEST}/raise-loopback.ts`;

/** Where Debian's own daemons keep what can be made again: hier(7). */
const SHARED_CACHE = '/var/cache/readable';

/** Everyone may look into each folder on the way to `path`: what another user needs to read it. */
function reachableByAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((fs.statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * Puts a file or folder in place whole: two servers of one project may prepare its runtime at the same
 * time, while programs of one of them read it.
 */
function putInPlace(to: string, make: (temporary: string) => void): void {
  fs.mkdirSync(dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}.new`;
  make(temporary);
  fs.renameSync(temporary, to);
}

function copyIfNewer(from: string, to: string, make: (temporary: string) => void): void {
  const source = fs.statSync(from);
  const copy = fs.statSync(to, { throwIfNoEntry: false });
  if (copy && copy.mtimeMs >= source.mtimeMs && copy.ctimeMs >= source.ctimeMs) return;
  putInPlace(to, make);
}

/**
 * A copy of a TypeScript tree without its types, its tests and their helpers; line and column numbers
 * stay.
 * @throws SyntaxMistake
 */
export function copyStripped(from: string, to: string): void {
  for (const entry of fs.readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const within = relative(from, path);
    if (/(?:^|\/)(?:node_modules|testing)\/|\.test\.ts$/.test(within)) continue;
    if (!entry.name.endsWith('.ts') && entry.name !== 'package.json') continue;
    const target = join(to, within);
    copyIfNewer(path, target, (temporary) => {
      const text = fs.readFileSync(path, 'utf8');
      fs.writeFileSync(temporary, entry.name.endsWith('.ts') ? stripTypes(text, path) : text);
    });
  }
}

function copyPackage(name: string, to: string): void {
  const from = join(ROOT, 'node_modules', name);
  for (const entry of fs.readdirSync(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    copyIfNewer(path, join(to, 'node_modules', name, relative(from, path)), (temporary) => {
      fs.copyFileSync(path, temporary);
    });
  }
}

/** A hard link costs nothing; across file systems it is a copy of 120 MB, once. */
function copyNode(to: string): void {
  const node = fs.realpathSync(process.execPath);
  const size = fs.statSync(to, { throwIfNoEntry: false })?.size;
  if (size === fs.statSync(node).size) return;
  putInPlace(to, (temporary) => {
    try {
      fs.linkSync(node, temporary);
    } catch {
      fs.copyFileSync(node, temporary);
    }
  });
}

/** Whatever the umask of whoever installed the project was, sandbox users can read their runtime. */
function makeReadable(path: string): void {
  for (const entry of [path, ...fs.readdirSync(path, { recursive: true, encoding: 'utf8' })]) {
    const file = entry === path ? path : join(path, entry);
    const mode = fs.statSync(file, { throwIfNoEntry: false })?.mode;
    // Another server of this project has just put it in its place.
    if (mode === undefined) continue;
    const wanted = mode | 0o444 | (mode & 0o100 ? 0o111 : 0);
    if (mode !== wanted) fs.chmodSync(file, wanted);
  }
}

function hostsFile({ id, hosts }: Lab): string | undefined {
  return hosts.length === 0 ? undefined : `labs/${id}/hosts`;
}

/** A prepared runtime folder. */
export interface Runtime {
  /** Its path on this computer. */
  readonly path: string;
  /** The arguments for Node that start a client, all paths relative to the folder. */
  clientArgs(port: number, address: string): string[];
  /** Puts a lab's programs and its hosts file into the folder as they are now. */
  addLab(lab: Lab, folder: string): void;
  /** Node's arguments to start a program of a lab that was added. */
  programArgs(lab: string, program: string): string[];
  /** The hosts file of a lab that was added, if it has one. */
  hostsFile(lab: Lab): string | undefined;
}

/**
 * Makes or refreshes the runtime folder.
 * @param switchesUser whether sandboxes run as other users than this one. Then a project in a folder
 *   that only this user can enter (a root's home, `mktemp -d`) gets its runtime under /var/cache.
 */
export function prepareRuntime(switchesUser: boolean): Runtime {
  const inProject = join(ROOT, 'dist', 'runtime');
  fs.mkdirSync(inProject, { recursive: true });
  const path =
    switchesUser && !reachableByAll(inProject)
      ? join(SHARED_CACHE, createHash('sha256').update(ROOT).digest('hex').slice(0, 16))
      : inProject;
  fs.mkdirSync(path, { recursive: true });
  // A strict umask would keep sandbox users out of the folder that is there for them.
  if (switchesUser) process.umask(0o022);
  if (path !== inProject) fs.chmodSync(SHARED_CACHE, 0o755);
  copyNode(join(path, 'node'));
  copyPackage('koffi', path);
  copyPackage(`@koromix/koffi-linux-${process.arch}`, path);
  copyStripped(join(ROOT, 'libevent'), join(path, 'node_modules', 'libevent-ts'));
  copyStripped(join(ROOT, GUEST), join(path, GUEST));
  copyStripped(join(ROOT, 'protocol'), join(path, 'protocol'));
  copyIfNewer(join(ROOT, LOADER), join(path, LOADER), (temporary) => {
    fs.copyFileSync(join(ROOT, LOADER), temporary);
  });
  if (switchesUser) makeReadable(path);
  const withLoader = ['--import', `./${LOADER}`];
  return {
    path,
    clientArgs: (port, address) => [...withLoader, `${GUEST}/client.ts`, String(port), address],
    addLab(lab, folder) {
      copyStripped(folder, join(path, 'labs', lab.id));
      const hosts = hostsFile(lab);
      if (hosts !== undefined) {
        const lines = ['localhost', ...lab.hosts].map((name) => `127.0.0.1 ${name}\n`);
        putInPlace(join(path, hosts), (temporary) => {
          fs.writeFileSync(temporary, lines.join(''));
        });
      }
      if (switchesUser) makeReadable(join(path, 'labs', lab.id));
    },
    programArgs: (lab, program) => [...withLoader, `labs/${lab}/${program}`],
    hostsFile,
  };
}
