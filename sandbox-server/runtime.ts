/**
 * The runtime folder: everything that a sandbox's programs need and nothing else, in one place that
 * is mounted read-only. Node itself, the library, koffi, the client program, and each lab's programs,
 * all TypeScript with its types already taken out. It is as the project was when the server started: a
 * pull beside it changes nothing. Servers that start from the same files share it.
 */
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Lab } from '../lab/definition.ts';
import { ROOT } from '../project.ts';
import { holdFolder } from './held-folders.ts';
import { seccompFilter, type Exception } from './isolation/seccomp.ts';
import { wayTexts, type LabSource, type LoadedLab } from './labs.ts';
import { stripTypes } from './strip-types.ts';

/** What runs inside sandboxes, in the project and, under the same name, in the runtime folder. */
const GUEST = 'sandbox-server/guest';
/** The module that Node loads before a program: it runs `.ts` files whose types are gone already. */
export const LOADER = `${GUEST}/loader.js`;
/** The system-call filter of sandboxes that are made by bubblewrap. */
export const SECCOMP_FILTER = 'seccomp.bpf';
/** The same without setsid(2), for where nothing holds the processes of a sandbox together. */
export const SECCOMP_FILTER_WITHOUT_SETSID = 'seccomp-without-setsid.bpf';
/** The two for a sandbox in which a tracer runs its program: see `guest/tracer/tracee.ts`. */
export const TRACER_FILTER = 'seccomp-tracer.bpf';
export const TRACER_FILTER_WITHOUT_SETSID = 'seccomp-tracer-without-setsid.bpf';
/** The two for a program that runs on io_uring(7). */
export const RING_FILTER = 'seccomp-ring.bpf';
export const RING_FILTER_WITHOUT_SETSID = 'seccomp-ring-without-setsid.bpf';
/** All filters: no program need see them. */
export const FILTERS: readonly string[] = [
  ...[SECCOMP_FILTER, SECCOMP_FILTER_WITHOUT_SETSID],
  ...[TRACER_FILTER, TRACER_FILTER_WITHOUT_SETSID],
  ...[RING_FILTER, RING_FILTER_WITHOUT_SETSID],
];
/** Runs a program and tells of its calls in the library’s place. */
export const TRACER = `${GUEST}/tracer/main.ts`;
/** Brings up the network of a sandbox, where nobody else does. */
export const RAISE_LOOPBACK = `${GUEST}/raise-loopback.ts`;

/** Where in the runtime the labs are, each in a folder by its id. */
export const LABS = 'labs';
/** Where in a lab’s folder its ways are that change a program, each in a folder by its name. */
const WAYS = 'ways';
/** What Node is told before a program’s file. */
export const LOADER_ARGS: readonly string[] = ['--import', `./${LOADER}`];
/** What reads programs that readers wrote. */
export const CHECK = `${GUEST}/check.ts`;
/** What waits for a program, and is told which. */
export const WAIT = `${GUEST}/wait.ts`;

/** Where Debian's own daemons keep what can be made again: hier(7). */
const SHARED_CACHE = '/var/cache/readable';

/** Everyone may look into each folder on the way to `path`: what another user needs to read it. */
function reachableByAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((fs.statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** How many runtimes that nobody uses stay: tests, `npm run play` and servers take turns. */
const SPARE = 3;

/** A runtime that is written to while it is used begins so. Nobody wants it again. */
const LIVE = 'live-';

/** A file of the runtime. */
interface Piece {
  /** What it is made from, read once: the name of a runtime is that of what is in it. */
  readonly source: Buffer;
  readonly content: () => string | Buffer;
}

/** The files of a runtime, each by its path in it. */
type Pieces = ReadonlyMap<string, Piece>;

/** Puts a file in place whole: programs may read it at the same time. */
function putInPlace(to: string, content: string | Buffer): void {
  fs.mkdirSync(dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}.new`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, to);
}

function linksToFile({ parentPath, name }: fs.Dirent): boolean {
  return fs.statSync(join(parentPath, name)).isFile();
}

function filesIn(folder: string): string[] {
  return (
    fs
      .readdirSync(folder, { withFileTypes: true, recursive: true })
      // A lab may have the program of another one by a link.
      .filter((entry) => entry.isFile() || (entry.isSymbolicLink() && linksToFile(entry)))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  );
}

/**
 * A TypeScript tree without its types, its tests and their helpers; line and column numbers stay.
 * @param to its folder in the runtime
 */
function stripped(from: string, to: string): [string, Piece][] {
  return filesIn(from)
    .filter((file) => !/(?:^|\/)(?:node_modules|testing)\/|\.test\.ts$/.test(file))
    .filter((file) => file.endsWith('.ts') || basename(file) === 'package.json')
    .map((file): [string, Piece] => {
      const path = join(from, file);
      const source = fs.readFileSync(path);
      const isTyped = file.endsWith('.ts');
      const content = (): string | Buffer =>
        isTyped ? stripTypes(source.toString(), path) : source;
      return [join(to, file), { source, content }];
    });
}

/**
 * Writes a copy of a TypeScript tree as programs in a sandbox see it.
 * @throws SyntaxMistake
 */
export function copyStripped(from: string, to: string): void {
  for (const [file, { content }] of stripped(from, to)) putInPlace(file, content());
}

function plain(source: Buffer, to: string): [string, Piece] {
  return [to, { source, content: () => source }];
}

function packaged(name: string): [string, Piece][] {
  const folder = join('node_modules', name);
  const from = join(ROOT, folder);
  return filesIn(from).map((file) => plain(fs.readFileSync(join(from, file)), join(folder, file)));
}

/** The folder of a lab in the runtime. */
function labFolder(id: string): string {
  return join(LABS, id);
}

/**
 * The folder of a way that changes a lab’s programs: all of them are in it, the others as they are, so that
 * what they import of each other is where it always is.
 */
function wayFolder(id: string, way: string): string {
  return join(labFolder(id), WAYS, way);
}

function labPieces(lab: LabSource): [string, Piece][] {
  const { definition, folder } = lab;
  const { id } = definition;
  const texts = wayTexts(lab);
  const ways = new Set(texts.map(({ way }) => way));
  return [
    ...stripped(folder, labFolder(id)),
    ...[...ways].flatMap((way) => stripped(folder, wayFolder(id, way))),
    ...texts.map(({ way, file, text }): [string, Piece] => {
      const content = (): string => stripTypes(text, `${join(folder, file)} in the way “${way}”`);
      return [join(wayFolder(id, way), file), { source: Buffer.from(text), content }];
    }),
  ];
}

/** What every lab needs, Node itself apart. */
function basePieces(): [string, Piece][] {
  return [
    ...packaged('koffi'),
    ...packaged('acorn'),
    ...packaged(`@koromix/koffi-linux-${process.arch}`),
    // The checker of exercises makes its sequences with these.
    ...packaged('fast-check'),
    ...packaged('pure-rand'),
    ...stripped(join(ROOT, 'libevent'), join('node_modules', 'libevent-ts')),
    ...stripped(join(ROOT, GUEST), GUEST),
    ...stripped(join(ROOT, 'protocol'), 'protocol'),
    plain(fs.readFileSync(join(ROOT, LOADER)), LOADER),
    filterPiece(SECCOMP_FILTER, true),
    filterPiece(SECCOMP_FILTER_WITHOUT_SETSID, false),
    filterPiece(TRACER_FILTER, true, 'tracing'),
    filterPiece(TRACER_FILTER_WITHOUT_SETSID, false, 'tracing'),
    filterPiece(RING_FILTER, true, 'io_uring'),
    filterPiece(RING_FILTER_WITHOUT_SETSID, false, 'io_uring'),
  ];
}

function filterPiece(to: string, mayLead: boolean, exception?: Exception): [string, Piece] {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  return plain(Buffer.from(seccompFilter(arch, mayLead, exception)), to);
}

/** A hard link costs nothing; across file systems it is a copy of 120 MB. */
function linkNode(to: string): void {
  const node = fs.realpathSync(process.execPath);
  try {
    fs.linkSync(node, to);
  } catch {
    fs.copyFileSync(node, to);
  }
}

/** The name of a runtime with these files: the same only for the same. */
function nameOf(pieces: Pieces, hosts: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  const { size, mtimeMs } = fs.statSync(process.execPath);
  hash.update(`${process.version} ${size} ${mtimeMs}\n`);
  for (const [to, { source }] of [...pieces].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${to}\n`).update(createHash('sha256').update(source).digest());
  }
  hash.update(JSON.stringify([...hosts]));
  return hash.digest('hex').slice(0, 16);
}

/** Whatever the umask of whoever installed the project was, sandbox users can read their runtime. */
function makeReadable(path: string): void {
  for (const entry of [path, ...fs.readdirSync(path, { recursive: true, encoding: 'utf8' })]) {
    const file = entry === path ? path : join(path, entry);
    const { mode } = fs.statSync(file);
    const wanted = mode | 0o444 | (mode & 0o100 ? 0o111 : 0);
    if (mode !== wanted) fs.chmodSync(file, wanted);
  }
}

function hostsFile({ id, hosts }: Lab): string | undefined {
  return hosts.length === 0 ? undefined : join(labFolder(id), 'hosts');
}

/** The hosts files of labs that have one, by their paths. */
function hostsFiles(labs: Iterable<Lab>): Map<string, string> {
  const files = new Map<string, string>();
  for (const lab of labs) {
    const path = hostsFile(lab);
    if (path === undefined) continue;
    files.set(path, ['localhost', ...lab.hosts].map((name) => `127.0.0.1 ${name}\n`).join(''));
  }
  return files;
}

/** A prepared runtime folder. */
export interface Runtime {
  /** Its path on this computer. */
  readonly path: string;
  /** The arguments for Node that start a client, all paths relative to the folder. */
  clientArgs(port: number, address: string): string[];
  /** Those that start a crowd. */
  crowdArgs(port: number, address: string): string[];
  /** Node's arguments to start what checks a program, its own to follow. */
  readonly checkerArgs: readonly string[];
  /** Node's arguments to start what measures programs, its own to follow. */
  readonly measureArgs: readonly string[];
  /** Where labs are being written: puts its programs and its hosts file into the folder as they are now. */
  addLab(lab: Lab, folder: string): void;
  /**
   * Node's arguments to start a program of a lab.
   * @param folder that of the lab’s programs, as a process of its sandbox finds it
   * @param program its file
   * @param way the way whose patch is in it; without one, the file as it stands
   */
  programArgs(folder: string, program: string, way?: string): string[];
  /** The hosts file of a lab, if it has one. */
  hostsFile(lab: Lab): string | undefined;
  /** Says that nothing of it is used any more. */
  readonly release: () => void;
}

/** The folder of all runtimes. */
function baseFolder(switchesUser: boolean): string {
  const inProject = join(ROOT, 'dist', 'runtimes');
  fs.mkdirSync(inProject, { recursive: true });
  if (!switchesUser || reachableByAll(inProject)) return inProject;
  const name = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  fs.mkdirSync(SHARED_CACHE, { recursive: true });
  fs.chmodSync(SHARED_CACHE, 0o755);
  return join(SHARED_CACHE, 'runtimes', name);
}

/**
 * Makes the runtime folder, or takes the one that is there.
 * @param switchesUser whether sandboxes run as other users than this one. Then a project in a folder
 *   that only this user can enter (a root's home, `mktemp -d`) gets its runtimes under /var/cache.
 * @param labs the labs in it, as they are now; without them each is added as it is when it is run, for
 *   an author who writes it
 */
export function prepareRuntime(switchesUser: boolean, labs?: readonly LoadedLab[]): Runtime {
  // A strict umask would keep sandbox users out of the folder that is there for them.
  if (switchesUser) process.umask(0o022);
  const pieces = new Map([...basePieces(), ...(labs ?? []).flatMap(labPieces)]);
  const hosts = hostsFiles((labs ?? []).map(({ definition }) => definition));
  const name = labs ? nameOf(pieces, hosts) : `${LIVE}${randomUUID()}`;
  const { path, release, remove } = holdFolder(baseFolder(switchesUser), name, {
    spare: SPARE,
    lasts: (other) => !other.startsWith(LIVE),
    make(folder) {
      linkNode(join(folder, 'node'));
      // Something is mounted there in any case.
      fs.mkdirSync(join(folder, LABS));
      for (const [to, { content }] of pieces) putInPlace(join(folder, to), content());
      for (const [to, content] of hosts) putInPlace(join(folder, to), content);
      if (switchesUser) makeReadable(folder);
    },
  });
  return {
    path,
    clientArgs: (port, address) => [...LOADER_ARGS, `${GUEST}/client.ts`, String(port), address],
    crowdArgs: (port, address) => [...LOADER_ARGS, `${GUEST}/crowd.ts`, String(port), address],
    checkerArgs: [...LOADER_ARGS, `${GUEST}/check/main.ts`],
    measureArgs: [...LOADER_ARGS, `${GUEST}/measure/main.ts`],
    addLab(lab, folder) {
      if (labs) return;
      const inside = labFolder(lab.id);
      const wanted = new Map(labPieces({ definition: lab, folder }));
      const written = new Map([...wanted].map(([to, { content }]) => [to, content()]));
      for (const [to, content] of [...written, ...hostsFiles([lab])]) {
        putInPlace(join(path, to), content);
      }
      for (const file of filesIn(join(path, inside))) {
        const to = join(inside, file);
        if (!wanted.has(to) && to !== hostsFile(lab)) fs.rmSync(join(path, to), { force: true });
      }
      if (switchesUser) makeReadable(join(path, inside));
    },
    programArgs: (folder, program, way) => [
      ...LOADER_ARGS,
      join(folder, ...(way === undefined ? [] : [WAYS, way]), program),
    ],
    hostsFile,
    release: labs ? release : remove,
  };
}
