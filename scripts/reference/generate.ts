/** Writes the API reference, in Markdown, for the site to load. */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../../project.ts';
import { referenceMarkdown } from './markdown.ts';
import { arrange } from './pages.ts';

/** A page, as the sidebar lists it. */
interface Listed {
  readonly slug: string;
  readonly label: string;
}

/** What is in the reference. */
export interface Reference {
  readonly library: readonly Listed[];
  readonly system: readonly Listed[];
}

const INPUTS = ['libevent/**/*.ts', 'scripts/reference/*.ts', 'package-lock.json'];

/** What the reference is made from, in one word. */
function inputsStamp(root: string): string {
  const hash = createHash('sha256');
  const isSource = (file: string): boolean => !/\.test\.ts$|node_modules/.test(file);
  for (const file of globSync(INPUTS, { cwd: root }).filter(isSource).sort()) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function isReference(value: unknown): value is Reference & { stamp: string } {
  return typeof value === 'object' && value !== null && 'stamp' in value && 'library' in value;
}

function readIndex(file: string): (Reference & { stamp: string }) | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isReference(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the reference unless it is up to date.
 * @param root the project’s folder
 * @param folder where to; only this module’s files are in it
 */
export async function generateReference(root: string, folder: string): Promise<Reference> {
  const index = join(folder, 'index.json');
  const stamp = inputsStamp(root);
  const present = readIndex(index);
  if (present?.stamp === stamp) return present;
  // Loaded only when it is needed: typedoc brings the TypeScript compiler along.
  const { readLibrary } = await import('./read.ts');
  const arrangement = arrange(await readLibrary(join(root, 'libevent')));
  rmSync(folder, { recursive: true, force: true });
  for (const [slug, markdown] of referenceMarkdown(arrangement)) {
    const file = join(folder, `${slug}.md`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, markdown);
  }
  const listed = (pages: typeof arrangement.library): Listed[] =>
    pages.map(({ slug, title }) => ({ slug, label: title }));
  const reference = { library: listed(arrangement.library), system: listed(arrangement.system) };
  writeFileSync(index, JSON.stringify({ stamp, ...reference }, null, 2));
  return reference;
}

if (import.meta.main) {
  await generateReference(ROOT, join(ROOT, 'dist', 'reference'));
}
