/** What a program of a lab may import, what it may not, and what it uses instead. Pure; ESLint reads it, too. */
import { didYouMean } from './nearest.ts';

/** Node’s modules that make network connections by themselves. */
const NETWORKING = ['net', 'dgram', 'http', 'https', 'http2', 'tls', 'dns', 'dns/promises'];

/** Their names, as programs may write them. */
export const FORBIDDEN_IMPORTS: readonly string[] = NETWORKING.flatMap((name) => [
  name,
  `node:${name}`,
]);

/** Why not, and what instead. */
export const WHY_FORBIDDEN =
  'Programs make their system calls through libevent-ts, so that the page can show and count them. ' +
  'Use socket, bind, listen, connect and getaddrinfo of “libevent-ts/sys”, or Evconnlistener and ' +
  'Bufferevent of “libevent-ts”.';

/** The entries of the library that programs are written with. */
const LIBRARY: readonly string[] = ['libevent-ts', 'libevent-ts/sys'];

/** What there is to import from, beside the library. */
export interface Importable {
  /** The files of the lab’s folder that are for its programs. */
  readonly files: readonly string[];
  /** Whether Node’s own connections are what the lab is about. */
  readonly connects: boolean;
  /** Whether it is a module of Node’s, with `node:` in front or without. */
  readonly isBuiltin: (specifier: string) => boolean;
}

/**
 * Why a program of a lab can’t import something, in a sentence or two.
 * @returns undefined if it can
 */
export function importProblem(
  specifier: string,
  { files, connects, isBuiltin }: Importable,
): string | undefined {
  const own = files.map((file) => `./${file}`);
  if (LIBRARY.includes(specifier) || own.includes(specifier)) return undefined;
  const no = `“${specifier}” can’t be imported.`;
  if (!connects && FORBIDDEN_IMPORTS.includes(specifier)) return `${no} ${WHY_FORBIDDEN}`;
  if (isBuiltin(specifier)) return undefined;
  const others = own.length === 0 ? '' : `, and the files of its lab: ${own.join(', ')}`;
  return (
    `${no}${didYouMean(specifier, [...LIBRARY, ...own])} A program can import “libevent-ts” and “libevent-ts/sys”, ` +
    `Node’s modules that open no connections, such as “node:fs”${others}.`
  );
}
