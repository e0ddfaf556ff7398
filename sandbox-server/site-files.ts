/**
 * The built site, from memory: it is small and fixed. A request opens no file, so it can't run out of
 * descriptors, can't fail halfway, leaves nothing open when a page load is broken off, and a build
 * beside a running server doesn't change what that serves.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { lookup } from 'mrmime';
import { contentPolicy } from './content-policy.ts';

/** A year, in seconds: files whose name has a hash of what is in them never change. */
const IMMUTABLE = 'public, max-age=31536000, immutable';
/** Everything else may change with the next build: browsers ask whether it did. */
const REVALIDATE = 'no-cache';

/** For every file: it is what its type says it is, and other sites don’t hear where a reader came from. */
const ALWAYS = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin' } as const;

/** The types that mrmime doesn’t know. */
const OWN_TYPES: Readonly<Record<string, string>> = { '.ico': 'image/vnd.microsoft.icon' };

/** The encodings that a build leaves beside a file, the smallest first: RFC 9110, 8.4.1. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const;

/** One form of a file, as it goes over the wire. */
interface Variant {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly etag: string;
}

interface SiteFile {
  readonly plain: Variant;
  readonly encoded: ReadonlyMap<string, Variant>;
}

/** The names that a request may ask for a file by: `/a/index.html` is `/a/` and `/a` too. */
function namesOf(path: string): string[] {
  if (path === '/index.html') return [path, '/', ''];
  if (path.endsWith('/index.html')) {
    const folder = path.slice(0, -'index.html'.length);
    return [path, folder, folder.slice(0, -1)];
  }
  return path.endsWith('.html') ? [path, path.slice(0, -'.html'.length)] : [path];
}

function readVariant(
  file: string,
  path: string,
  { policy, encoding }: { policy: string | undefined; encoding?: string },
): Variant {
  const bytes = readFileSync(file);
  // A browser that has the page keeps its policy too, so another policy makes it another page.
  const hash = createHash('sha256')
    .update(policy ?? '')
    .update(bytes);
  const etag = `"${hash.digest('base64url').slice(0, 22)}"`;
  const type = OWN_TYPES[extname(path)] ?? lookup(path) ?? 'application/octet-stream';
  return {
    bytes,
    etag,
    headers: {
      'Content-Type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
      'Content-Length': bytes.length,
      'Cache-Control': path.startsWith('/_astro/') ? IMMUTABLE : REVALIDATE,
      ...ALWAYS,
      ...(policy !== undefined && { 'Content-Security-Policy': policy }),
      Vary: 'Accept-Encoding',
      ETag: etag,
      ...(encoding !== undefined && { 'Content-Encoding': encoding }),
    },
  };
}

/** The codings that a request takes, without those that it gives the weight 0: RFC 9110, 12.5.3. */
function accepted(header: string | string[] | undefined): Set<string> {
  const codings = String(header ?? '')
    .split(',')
    .map((coding) => coding.toLowerCase().replaceAll(/\s/g, ''))
    .filter((coding) => !/;q=0(\.0*)?$/.test(coding));
  return new Set(codings.map((coding) => coding.split(';', 1)[0] ?? ''));
}

/** Serves the files of one folder, as they were when it was made. */
export class SiteFiles {
  readonly #files = new Map<string, SiteFile>();
  readonly #notFound: SiteFile | undefined;
  readonly #base: string;

  /**
   * Reads the folder.
   * @param base the path that its files are below: nothing of it is anywhere else
   * @throws Error of readFileSync when a file can't be read
   */
  constructor(folder: string, base = '/') {
    this.#base = base;
    const paths = new Set(
      globSync('**/*', { cwd: folder, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length)),
    );
    for (const path of paths) {
      if (ENCODINGS.some(({ ending }) => path.endsWith(ending))) continue;
      const policy = path.endsWith('.html')
        ? contentPolicy(readFileSync(join(folder, path), 'utf8'))
        : undefined;
      const encoded = ENCODINGS.filter(({ ending }) => paths.has(path + ending)).map(
        ({ name, ending }) => {
          const variant = readVariant(join(folder, path + ending), path, {
            policy,
            encoding: name,
          });
          return [name, variant] as const;
        },
      );
      const file: SiteFile = {
        plain: readVariant(join(folder, path), path, { policy }),
        encoded: new Map(encoded),
      };
      for (const name of namesOf(path)) this.#files.set(base.slice(0, -1) + name, file);
    }
    this.#notFound = this.#files.get(`${base}404.html`);
  }

  /**
   * Answers a GET or HEAD with a file, or with the site’s page for what is not there. The root leads
   * to a site below it. Ranges are not served, which RFC 9110, 14.2, leaves to a server.
   */
  respond(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url ?? '/');
    if (path === '/' && this.#base !== '/') {
      response.writeHead(302, { ...ALWAYS, Location: this.#base }).end();
      return;
    }
    const file = path === undefined ? undefined : this.#files.get(path);
    const chosen = file ?? this.#notFound;
    if (!chosen) {
      response.writeHead(404, { ...ALWAYS, 'Content-Type': 'text/plain' }).end('Not found');
      return;
    }
    const codings = accepted(request.headers['accept-encoding']);
    const { name } = ENCODINGS.find((each) => codings.has(each.name)) ?? {};
    const variant = (name && chosen.encoded.get(name)) || chosen.plain;
    if (!file) {
      response.writeHead(404, variant.headers);
    } else if (matches(request.headers['if-none-match'], variant.etag)) {
      response.writeHead(304, { ETag: variant.etag, Vary: 'Accept-Encoding' }).end();
      return;
    } else {
      response.writeHead(200, variant.headers);
    }
    response.end(request.method === 'HEAD' ? undefined : variant.bytes);
  }
}

/** The path of a request’s target; none, if that is no encoding of anything: nothing goes by that name. */
function pathOf(target: string): string | undefined {
  // The absolute form, which RFC 9112, 3.2.2, has a server take too, says where it is before.
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1);
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
