/** Writes the API reference, in Markdown, for the site to load. */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../../project.ts';
import { referenceMarkdown } from './markdown.ts';
import { libraryNames } from './names.ts';
import { arrange } from './pages.ts';

/** A page, as the sidebar lists it. */
const listed = z.object({ slug: z.string(), label: z.string() });
const index = z.object({
  /** What it was made from. */
  stamp: z.string(),
  library: z.array(listed),
  system: z.array(listed),
});

/** What is in the reference. */
export type Reference = Omit<z.infer<typeof index>, 'stamp'>;

const INPUTS = ['libevent/**/*.ts', 'site/reference/*.ts', 'package-lock.json'];

/** What the reference is made from, in one word. */
function inputsStamp(root: string): string {
  const hash = createHash('sha256');
  const isSource = (file: string): boolean => !/\.test\.ts$|node_modules/.test(file);
  for (const file of globSync(INPUTS, { cwd: root }).filter(isSource).sort()) {
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}

function readIndex(file: string): z.infer<typeof index> | undefined {
  try {
    return index.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // There is none yet, or another version of this script has written it.
    return undefined;
  }
}

/**
 * Writes the reference unless it is up to date.
 * @param root the project’s folder
 * @param folder where to; only this module’s files are in it
 */
export async function generateReference(root: string, folder: string): Promise<Reference> {
  const indexFile = join(folder, 'index.json');
  const stamp = inputsStamp(root);
  const present = readIndex(indexFile);
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
  writeFileSync(join(folder, 'names.json'), JSON.stringify(libraryNames(arrangement)));
  const list = (pages: typeof arrangement.library): z.infer<typeof listed>[] =>
    pages.map(({ slug, title }) => ({ slug, label: title }));
  const reference = { library: list(arrangement.library), system: list(arrangement.system) };
  writeFileSync(indexFile, JSON.stringify({ stamp, ...reference }, null, 2));
  return reference;
}

if (import.meta.main) {
  await generateReference(ROOT, join(ROOT, 'dist', 'reference'));
}
