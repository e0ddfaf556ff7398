import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../project.ts';
import { SyntaxMistake, stripTypes } from './strip-types.ts';

const PATH = join(ROOT, 'content', 'chapter', 'lab', 'server.ts');

function refusal(text: string, path = PATH): string {
  try {
    stripTypes(text, path);
  } catch (error) {
    assert.ok(error instanceof SyntaxMistake);
    return error.message;
  }
  return 'it was accepted';
}

test('types go, and everything else stays where it is', () => {
  assert.equal(stripTypes('const a: number = 1;\n', PATH), 'const a         = 1;\n');
});

const AT = 'content/chapter/lab/server.ts';

for (const [what, text, message] of [
  [
    'a missing operand',
    'const a = 1;\nlet x = = 2;\nlet y = 3;\n',
    `${AT}:2:9: Expression expected\n  let x = = 2;\n          ^`,
  ],
  ['the first line', 'let = = 2;\n', `${AT}:1:7: Expression expected\n  let = = 2;\n        ^`],
  [
    'a string that does not end',
    "let x = 'abc\n",
    `${AT}:1:9: Unterminated string constant\n  let x = 'abc\n          ^^^^`,
  ],
  ['tabs, each a column', '{\n\t\tlet x = = 2;\n}\n', `${AT}:2:11: Expression expected\n`],
  ['a text that ends too early', 'class A {\n  f() {\n', `${AT}:`],
  [
    'what can’t be stripped',
    'let a = 1;\nenum E { A }\n',
    `${AT}:2:1: TypeScript enum is not supported in strip-only mode\n  enum E { A }\n`,
  ],
] as const) {
  test(`a mistake is told with its file, line and column: ${what}`, () => {
    const said = refusal(text);
    assert.ok(said.startsWith(message), said);
  });
}

test('a file outside of the project has its whole path', () => {
  assert.match(refusal('let x = ;', '/tmp/x.ts'), /^\/tmp\/x\.ts:1:\d+: /);
});
