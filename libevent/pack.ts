/**
 * What `npm pack` needs before and after it. In this repository programs import the sources, which
 * Node runs as they are; Node does not do that for packages that are installed, so a pack has
 * JavaScript, and its package.json has to say so.
 *
 * Usage: node pack.ts compiled|sources
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, 'package.json');
const DIST = join(import.meta.dirname, 'dist');

const ENTRIES = new Map([
  ['.', 'index'],
  ['./sys', 'sys/index'],
  ['./trace-variables', 'sys/trace_variables'],
  ['./trace-writing', 'sys/trace_writing'],
]);

function exportsOf(form: string | undefined): object {
  if (form === 'sources') {
    return Object.fromEntries([...ENTRIES].map(([name, file]) => [name, `./${file}.ts`]));
  }
  if (form !== 'compiled') throw new Error('Usage: node pack.ts compiled|sources');
  return Object.fromEntries(
    [...ENTRIES].map(([name, file]) => [
      name,
      { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` },
    ]),
  );
}

const form = process.argv[2];
const manifest: unknown = JSON.parse(readFileSync(FILE, 'utf8'));
if (typeof manifest !== 'object' || manifest === null) throw new Error(`${FILE} is no object`);
const changed = { ...manifest, exports: exportsOf(form) };
writeFileSync(FILE, `${JSON.stringify(changed, null, 2)}\n`);
if (form === 'sources') rmSync(DIST, { recursive: true, force: true });
