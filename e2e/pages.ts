/** The pages of the site, from its content. */
import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { CONTENT } from '../project.ts';

/** The slugs of the chapters. */
export const CHAPTERS = globSync('*/index.mdx', { cwd: CONTENT }).map(dirname).sort();

/** Every page that somebody wrote, as paths. */
export const PAGES = ['/', '/404.html', '/glossary/', ...CHAPTERS.map((slug) => `/${slug}/`)];
