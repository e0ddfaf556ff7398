/** What the footer says of this build, found out once. */
import { fileURLToPath } from 'node:url';
import { root } from 'astro:config/server';
import { version } from '../package.json';
import { readPublishing } from '../publishing.ts';
import { commitOf } from './commit.ts';

export { license, version } from '../package.json';

export const publishing = readPublishing(process.env);
export const commit = commitOf(fileURLToPath(root));

/** The build in words, for whoever is told of a mistake. */
export const build = `Readable ${version}${commit === undefined ? '' : `, commit ${commit}`}`;
