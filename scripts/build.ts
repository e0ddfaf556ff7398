/** Builds the site into dist/site, each text file also compressed for servers to send as it is. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, brotliCompressSync, gzipSync } from 'node:zlib';
import { ROOT, SITE } from '../project.ts';
import { readPublishing } from '../publishing.ts';

const STAMP = join(ROOT, 'dist', 'site.stamp');
const INPUTS = [
  'astro.config.mjs',
  'package-lock.json',
  'project.ts',
  'publishing.ts',
  'site/**/*',
  'content/**/*',
  'components/**/*',
  'lab/**/*.ts',
  'protocol/**/*.ts',
  'libevent/**/*.ts',
  'scripts/build.ts',
];
/** Smaller files fit in one packet anyway. */
const WORTH_COMPRESSING = 1024;

/** What the site is built from, in one word: how it is published; names, sizes and times of the files. */
function inputsStamp(): string {
  const hash = createHash('sha256').update(JSON.stringify(readPublishing(process.env)));
  for (const file of globSync(INPUTS, { cwd: ROOT }).sort()) {
    const { mtimeMs, size } = statSync(join(ROOT, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function compress(): void {
  for (const file of globSync('**/*.{html,css,js,svg,json,xml,txt}', { cwd: SITE })) {
    const path = join(SITE, file);
    const bytes = readFileSync(path);
    if (bytes.length < WORTH_COMPRESSING) continue;
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  }
}

/**
 * Builds the site unless it is up to date.
 * @throws Error when Astro could not build it; Astro has said why on standard error
 */
export function buildSite(): void {
  const stamp = inputsStamp();
  const built = existsSync(join(SITE, 'index.html')) && existsSync(STAMP);
  if (built && readFileSync(STAMP, 'utf8') === stamp) return;
  console.error('Building the site …');
  const astro = join(ROOT, 'node_modules', 'astro', 'bin', 'astro.mjs');
  // Astro's cache of rendered Markdown does not know the options of Expressive Code.
  const result = spawnSync(process.execPath, [astro, 'build', '--force', '--silent'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1' },
  });
  if (result.status !== 0) throw new Error('The site could not be built: see the message above.');
  compress();
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(STAMP, stamp);
}

if (import.meta.main) {
  try {
    buildSite();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
