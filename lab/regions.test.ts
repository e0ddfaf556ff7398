import assert from 'node:assert/strict';
import { test } from 'node:test';
import { regionsOf, withoutRegionMarks } from './regions.ts';

const program = `import { fork } from 'libevent-ts/sys';

// #region child
function child(fd: number): void {
  serve(fd);
}
// #endregion

function main(): void {
  for (;;) {
    // #region fork
    const fd = accept(listener);
    if (fork() === 0) {
      child(fd);
    }
    // #endregion fork
  }
}
`;

test('a reader sees the program without the marks', () => {
  assert.equal(
    withoutRegionMarks(program),
    program
      .split('\n')
      .filter((line) => !line.includes('#'))
      .join('\n'),
  );
  assert.equal(withoutRegionMarks('a\n\n// #region x\n\nb\n// #endregion\n'), 'a\n\nb\n');
  assert.equal(withoutRegionMarks('a\n\n\nb\n'), 'a\n\n\nb\n');
  assert.equal(withoutRegionMarks('// #regional news\n'), '// #regional news\n');
});

test('a region is shown without its indentation', () => {
  assert.equal(
    regionsOf(program, 'server.ts').get('fork'),
    'const fd = accept(listener);\nif (fork() === 0) {\n  child(fd);\n}',
  );
});

test('marks that make no sense are told with their line', () => {
  const wrong = (text: string, message: RegExp): void =>
    assert.throws(() => regionsOf(text, 'server.ts'), { message });
  wrong('// #region a\nx\n', /^server\.ts: region “a” has no \/\/ #endregion/);
  wrong('x\n// #endregion\n', /^server\.ts:2: no region is open/);
  wrong('// #region a\nx\n// #region b\n', /^server\.ts:3: region “b” begins within region “a”/);
  wrong('// #region a\nx\n// #endregion\n// #region a\n', /^server\.ts:4: there is a region “a”/);
  wrong('// #region\nx\n', /^server\.ts:1: a region needs a name/);
  wrong('// #region a\n\n// #endregion\n', /^server\.ts:3: region “a” is empty/);
});
