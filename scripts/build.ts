/**
 * Builds the site, each text file also compressed for servers to send as it is. A build has a folder of
 * its own in dist/builds, named by what it was made from, and is there whole or not at all: a server that
 * runs keeps what it serves. dist/site is a link to the latest.
 */
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { constants, brotliCompressSync, gzipSync } from 'node:zlib';
import { messageOf } from '../message-of.ts';
import { ROOT, SITE } from '../project.ts';
import { readPublishing } from '../publishing.ts';
import { holdFolder, type Held } from '../sandbox-server/held-folders.ts';
import { commitOf } from '../site/commit.ts';

const BUILDS = join(ROOT, 'dist', 'builds');
/** How many builds that nobody uses stay: one with other settings is often wanted again. */
const SPARE = 1;

/** The files that the site is built from. Astro reads no others of the project’s: build.test.ts. */
export const INPUTS: readonly string[] = [
  'LICENSE',
  'astro.config.mjs',
  'package.json',
  'package-lock.json',
  'project.ts',
  'publishing.ts',
  'settings.ts',
  'message-of.ts',
  'tsconfig.json',
  ...['site', 'content', 'components', 'lab', 'protocol'].map((room) => `${room}/**/*`),
  // The reference is made from the comments in it.
  'libevent/**/*.ts',
  'libevent/package.json',
  'scripts/build.ts',
];
const NO_INPUTS = ['**/node_modules', '**/*.test.ts'];
/** Smaller files fit in one packet anyway. */
const WORTH_COMPRESSING = 1024;

/** What a site built now is made from, in one word. @param root the project’s folder */
export function inputsStamp(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const hash = createHash('sha256').update(process.version);
  // The footer names it: a build made before the commit would name the one before.
  hash.update(JSON.stringify([readPublishing(environment), commitOf(root) ?? null]));
  for (const file of fs.globSync([...INPUTS], { cwd: root, exclude: NO_INPUTS }).sort()) {
    const path = join(root, file);
    if (!fs.statSync(path).isFile()) continue;
    const bytes = createHash('sha256').update(fs.readFileSync(path)).digest();
    hash.update(`\n${file}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

/**
 * What Pagefind has left empty: its script once had no bytes when a build had ended well, and was kept so. Then a search
 * finds nothing.
 */
function emptyFiles(site: string): string[] {
  const files = fs.globSync('pagefind/**/*', { cwd: site });
  return files.filter((file) => {
    const found = fs.statSync(join(site, file));
    return found.isFile() && found.size === 0;
  });
}

/** How often a site is built whose search is not whole. */
const ATTEMPTS = 3;

function compress(site: string): void {
  for (const file of fs.globSync('**/*.{html,css,js,svg,json,xml,txt}', { cwd: site })) {
    const path = join(site, file);
    const bytes = fs.readFileSync(path);
    if (bytes.length < WORTH_COMPRESSING) continue;
    fs.writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
    fs.writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  }
}

/** @param lock handed to Astro too: if this process is killed, the next build waits for its end */
function build(folder: string, lock: number): void {
  console.error('Building the site …');
  const astro = join(ROOT, 'node_modules', 'astro', 'bin', 'astro.mjs');
  // Astro's cache of rendered Markdown does not know the options of Expressive Code.
  const args = ['build', '--force', '--silent', '--outDir', relative(ROOT, folder)];
  for (let attempt = 1; ; attempt++) {
    const result = spawnSync(process.execPath, [astro, ...args], {
      cwd: ROOT,
      stdio: ['ignore', 2, 2, lock],
      env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
    });
    if (result.status !== 0) throw new Error('The site could not be built: see the message above.');
    const empty = emptyFiles(folder);
    if (empty.length === 0) break;
    const what = `The index of the search is not whole, ${empty.join(', ')} is empty`;
    if (attempt === ATTEMPTS) throw new Error(`${what}. Build it again.`);
    console.error(`${what}: building the site again …`);
  }
  compress(folder);
}

/** Makes dist/site a link to the build, in one step, unless it is: then nothing need be written. */
function link(build: string): void {
  const target = relative(dirname(SITE), build);
  // Once it was the build itself.
  const found = fs.lstatSync(SITE, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() && fs.readlinkSync(SITE) === target) return;
  // No pid: in a container it is the same each time, and who was killed here left its link.
  const unfinished = `${SITE}.${randomUUID()}.new`;
  fs.symlinkSync(target, unfinished);
  if (found?.isDirectory()) fs.rmSync(SITE, { recursive: true, force: true });
  fs.renameSync(unfinished, SITE);
}

/**
 * Builds the site unless it is up to date.
 * @returns its folder, which stays as long as this process has not released it
 * @throws Error when Astro could not build it; Astro has said why on standard error
 */
export function buildSite(): Held {
  const held = holdFolder(BUILDS, inputsStamp(ROOT, process.env), {
    make: build,
    waits: () => console.error('Another process is building the site; waiting for it …'),
    spare: SPARE,
  });
  link(held.path);
  return held;
}

if (import.meta.main) {
  try {
    buildSite();
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
