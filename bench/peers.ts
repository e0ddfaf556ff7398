import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, 'peers');
const BUILT = join(import.meta.dirname, '..', 'node_modules', '.cache', 'readable-bench');

/** A program of `bench/peers/`, built; or what is missing to build it. */
export type Peer = { readonly path: string } | { readonly missing: string };

/**
 * Builds a C program, unless that was done.
 *
 * @param name - its file's name without `.c`
 * @param libraries - what it is linked with
 */
export function buildPeer(name: string, libraries: readonly string[] = []): Peer {
  const source = join(SOURCES, `${name}.c`);
  const path = join(BUILT, name);
  if (existsSync(path) && statSync(path).mtimeMs > statSync(source).mtimeMs) return { path };
  mkdirSync(BUILT, { recursive: true });
  // Built beside and moved, so that nobody runs half a program.
  const half = `${path}.${String(process.pid)}`;
  const flags = ['-O2', '-Wall', '-Wextra', '-o', half, source];
  const all = [...flags, ...libraries.map((library) => `-l${library}`)];
  const { error, status, stderr } = spawnSync('cc', all, { encoding: 'utf8' });
  if (error !== undefined) return { missing: 'a C compiler (cc)' };
  if (status !== 0) {
    if (/event2\/|-levent/.test(stderr)) return { missing: 'libevent-dev' };
    throw new Error(`${source} could not be compiled:\n${stderr}`);
  }
  renameSync(half, path);
  return { path };
}

/**
 * Builds the program that makes the load.
 *
 * @throws Error if there is no compiler
 */
export function buildClient(): string {
  const client = buildPeer('client');
  if ('path' in client) return client.path;
  throw new Error(`The load comes from a C program, which needs ${client.missing}.`);
}
