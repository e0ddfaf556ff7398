/** Where the project is, and what of it more than one room needs to find. */
import { join } from 'node:path';

/** The project's folder. */
export const ROOT = import.meta.dirname;

/** The folder with the chapters and their labs. */
export const CONTENT = join(ROOT, 'content');

/** The folder that the site is built into and served from. */
export const SITE = join(ROOT, 'dist', 'site');
