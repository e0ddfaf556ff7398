/** What the files of a built site link to and load, read from the files themselves. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Any host: the files don’t know theirs. */
const HOST = 'http://built.example';

function attributesIn(html: string): string[] {
  return [...html.matchAll(/<[a-z][^>]*?\s(?:href|src|action|poster)="([^"]*)"/g)].map(
    ([, value = '']) => value.replaceAll('&amp;', '&').replaceAll('&#38;', '&'),
  );
}

function urlsIn(css: string): string[] {
  return [...css.matchAll(/url\(\s*["']?(?!data:|#)([^"')]+)/g)].map(([, value = '']) => value);
}

/** What a site’s files refer to on their own host. */
export interface References {
  /** How many were looked at. */
  readonly count: number;
  /** Those that lead to no file of the site, with the file that they are in. */
  readonly dead: readonly string[];
}

/**
 * Follows every link, image, script and style of a built site to its file.
 * @param base the path that the site is published below
 */
export function followReferences(folder: string, base: string): References {
  const files = new Set(globSync('**/*', { cwd: folder }));
  const dead: string[] = [];
  let count = 0;
  for (const file of [...files].filter((name) => /\.(html|css)$/.test(name))) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const reference of file.endsWith('.css') ? urlsIn(text) : attributesIn(text)) {
      const url = new URL(reference, `${HOST}${base}${file}`);
      if (url.origin !== HOST) continue;
      count++;
      const path = decodeURIComponent(url.pathname);
      const name = path.slice(base.length);
      const target = name === '' || name.endsWith('/') ? `${name}index.html` : name;
      if (!path.startsWith(base) || !files.has(target)) dead.push(`${file}: ${reference}`);
    }
  }
  return { count, dead };
}
