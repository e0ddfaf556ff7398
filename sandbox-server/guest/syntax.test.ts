import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { Reading } from './syntax.ts';

const place = { line: z.int(), column: z.int() };
const mistake = z.object({ ...place, message: z.string() });
const readingsSchema = z.array(
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('program'),
      code: z.string(),
      imports: z.array(z.object({ ...place, specifier: z.string() })),
    }),
    z.object({ kind: z.literal('mistake'), mistake }),
    z.object({ kind: z.literal('broken'), mistake }),
  ]),
);

/** Node reads modules without running them only with this flag, which test runners don’t give. */
const FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const MODULE = new URL('syntax.ts', import.meta.url).href;
const SCRIPT = `
  import { readProgram } from ${JSON.stringify(MODULE)};
  console.log(JSON.stringify(JSON.parse(process.argv[1]).map((text) => readProgram(text))));
`;

/** Reads each text in one process, which is not this one. */
async function readAll(texts: readonly string[]): Promise<Reading[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...FLAGS, '--input-type=module', '-e', SCRIPT, JSON.stringify(texts)],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return readingsSchema.parse(JSON.parse(stdout));
}

/** Where each text is marked: the character that stands there is the one after `»`. */
const MARKED: Readonly<Record<string, string>> = {
  'let a = »;\nlet b = 1;': 'Expression expected',
  '\t\tlet b = »;': 'Expression expected',
  "const s = '😀日本é\u0301';\tlet b = »;": 'Expression expected',
  "const s = '\u2028';\nlet b = »;": 'Expression expected',
  'function f() {\n  if (1) {»': "Expected '}', got '<eof>'",
  "const s = »'abc\nconst t = 1;": 'Unterminated string constant',
  '  »enum A { B }':
    'TypeScript enum is not supported: types are taken out, and nothing is put in their place',
  // These Node finds only when it reads the program without its types.
  "const s: string = '日';\tlet »s = 1;": "Identifier 's' has already been declared",
  'const r: RegExp = /»(/;': 'Invalid regular expression: /(/: Unterminated group',
  'export { »nope };': "Export 'nope' is not defined in module",
};

suite('a program that a reader wrote is read', () => {
  test('and a mistake in it is told where it is, in units of UTF-16', async () => {
    const texts = Object.keys(MARKED);
    const readings = await readAll(texts.map((text) => text.replace('»', '')));
    for (const [index, text] of texts.entries()) {
      const before = text.slice(0, text.indexOf('»')).split('\n');
      const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
      const mistake = { ...place, message: MARKED[text] };
      assert.deepEqual(readings[index], { kind: 'mistake', mistake }, text);
    }
  });

  test('without its types, every line and column as it was', async () => {
    const text = "type Name = '日本' | 'x';\nconst a: Name = 'x'; console.log(a);\n";
    const [reading] = await readAll([text]);
    assert.equal(reading?.kind, 'program');
    const { code } = reading;
    assert.equal(code.indexOf('console'), text.indexOf('console'));
    assert.equal(Buffer.byteLength(code), Buffer.byteLength(text));
    assert.doesNotMatch(code, /Name/);
  });

  test('and all that it imports when it runs is found, each once', async () => {
    const text = [
      "import type { A } from 'types-only';",
      "import { b } from 'b'; import 'b';",
      "export * from './c.ts';",
      'async function f(): Promise<void> {',
      '  await import(`d`);',
      "\tawait import('e');",
      '}',
      "// import 'comment'",
      `const s = "import 'string'"; void [b, f, s];`,
    ].join('\n');
    const [reading] = await readAll([text]);
    assert.equal(reading?.kind, 'program');
    const found = reading.imports.map((each) => `${each.specifier} ${each.line}:${each.column}`);
    assert.deepEqual(found.sort(), ['./c.ts 3:15', 'b 2:19', 'e 6:15']);
  });

  test('where it is too deep, Node’s parser fails, and is asked nothing more', async () => {
    const [reading] = await readAll(['('.repeat(60_000)]);
    assert.equal(reading?.kind, 'broken');
    // Deep for Node, and not for what takes types out.
    const [labels] = await readAll([`${'a:'.repeat(3)}{}`]);
    assert.equal(labels?.kind, 'mistake');
  });
});
