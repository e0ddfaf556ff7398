/**
 * Loaded before a lab’s program, by own-file.ts for `--program FILE`: has Node read a file of the reader’s
 * in place of the program. What the file imports is then found where the program finds it, and a stack names
 * the file. The query of this module’s address says which: `?program=URL&file=URL`.
 */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

const { searchParams } = new URL(import.meta.url);
const [program, file] = ['program', 'file'].map((name) => searchParams.get(name) ?? '');

registerHooks({
  load(url, context, nextLoad) {
    if (url !== program || !file) return nextLoad(url, context);
    const sourceUrl = fileURLToPath(file);
    const source = stripTypeScriptTypes(readFileSync(sourceUrl, 'utf8'), { sourceUrl });
    return { format: 'module', shortCircuit: true, source };
  },
});
