/** The pages of the site, from its content. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONTENT } from '../project.ts';

/** The slugs of the chapters. */
export const CHAPTERS = globSync('*/index.mdx', { cwd: CONTENT }).map(dirname).sort();

/** The slugs of those on the journey: their heads say what they mend or break. */
export const STATIONS = CHAPTERS.filter((slug) =>
  /^(?:mends|breaks):/m.test(readFileSync(join(CONTENT, slug, 'index.mdx'), 'utf8')),
);

/** Every page that somebody wrote, as paths. */
export const PAGES = ['/', '/404.html', '/glossary/', ...CHAPTERS.map((slug) => `/${slug}/`)];
