import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { CONTENT } from '../project.ts';
import { loadLabs } from './labs.ts';

test('every lab of the book loads', async () => {
  const labs = await loadLabs(CONTENT);
  assert.ok(labs.has('echo-listener'));
  // What else an exercise has in its folder is not for programs.
  assert.deepEqual(labs.get('write-set')?.importable, ['server.ts']);
  assert.deepEqual(labs.get('http-client')?.importable, ['server.ts', 'http-client.ts']);
});

suite('an author’s mistakes', () => {
  let content = '';
  beforeEach(() => (content = mkdtempSync(join(tmpdir(), 'labs-'))));
  afterEach(() => rmSync(content, { recursive: true }));

  const lab = (id: string): string => `export default {
    id: '${id}', title: 'A lab', predict: 'What?', clients: ['alice'],
    server: { program: 'server.ts', port: 9876, ready: 'Listening' },
    scenario: [{ caption: 'It runs.' }],
  };`;

  function write(path: string, text: string): void {
    const file = join(content, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
  }

  test('no definition in lab.ts', async () => {
    write('chapter/one/lab.ts', 'export const lab = {};');
    await assert.rejects(loadLabs(content), /chapter\/one\/lab\.ts: export a lab/);
  });

  test('an id that is not the folder’s name', async () => {
    write('chapter/one/lab.ts', lab('two'));
    await assert.rejects(loadLabs(content), /the id “two” must be the folder’s name, “one”/);
  });

  test('a program that is not there', async () => {
    write('chapter/one/lab.ts', lab('one'));
    await assert.rejects(loadLabs(content), /there is no program .*chapter\/one\/server\.ts/);
  });

  test('a program with nearly the right name', async () => {
    write('chapter/one/lab.ts', lab('one'));
    write('chapter/one/sever.ts', '');
    await assert.rejects(loadLabs(content), /there is “sever\.ts”\. Did you mean “sever\.ts”\?/);
  });

  test('a program that is no TypeScript: file, line, column, and the line with a mark', async () => {
    write('chapter/one/lab.ts', lab('one'));
    write('chapter/one/server.ts', 'const port = 9876;\nlisten(port;\n');
    const where = join(content, 'chapter/one/server.ts:2:12');
    await assert.rejects(loadLabs(content), {
      message: `${where}: Expected ',', got ';'\n  listen(port;\n             ^`,
    });
  });

  test('a definition that is no TypeScript', async () => {
    write('chapter/one/lab.ts', 'export default {\n  id: = 5,\n};\n');
    const where = join(content, 'chapter/one/lab.ts:2:7');
    await assert.rejects(loadLabs(content), {
      message: `${where}: Expression expected\n    id: = 5,\n        ^`,
    });
  });

  test('a definition that throws when it is read', async () => {
    write('chapter/one/lab.ts', 'export default wrong;\n');
    write('chapter/two/lab.ts', "import { wrong } from './wrong.ts';\nexport default wrong;\n");
    await assert.rejects(loadLabs(content), ({ message }: Error) => {
      assert.match(message, /one\/lab\.ts can’t be loaded: wrong is not defined/);
      assert.match(message, /two\/lab\.ts can’t be loaded: Cannot find module .*wrong\.ts/);
      return true;
    });
  });

  const ways = (patch: string): string =>
    lab('one').replace(
      "ready: 'Listening'",
      `ready: 'Listening', ways: [
        { name: 'plain', label: 'as it is' },
        { name: 'broken', label: 'broken', patch: [${patch}] },
      ]`,
    );

  test('a way whose lines the program no longer has', async () => {
    write('chapter/one/lab.ts', ways("{ replace: 'listen(9876);', by: '' }"));
    write('chapter/one/server.ts', 'listen(9876);\n');
    assert.ok((await loadLabs(content)).has('one'));
    write('chapter/one/server.ts', 'listen(9877);\n');
    await assert.rejects(
      loadLabs(content),
      /chapter\/one\/lab\.ts: the way “broken” does not fit server\.ts: patch\[0\]\.replace: the program has no line “listen\(9876\);”: copy the lines from it\. Line 1 is “listen\(9877\);”/,
    );
  });

  test('a way that makes no TypeScript of its program: way, line and column', async () => {
    write('chapter/one/lab.ts', ways("{ replace: 'listen(9876);', by: 'listen(9876;' }"));
    write('chapter/one/server.ts', '\nlisten(9876);\n');
    await assert.rejects(
      loadLabs(content),
      /chapter\/one\/server\.ts in the way “broken”:2:12: Expected ',', got ';'/,
    );
  });

  test('are no imports: all of them are found, one from another', async () => {
    write('chapter/one/lab.ts', ways(`{ replace: 'listen(9876);', by: "import './changed.ts';" }`));
    write(
      'chapter/one/server.ts',
      "import type { A } from './types.ts';\nimport './a.ts';\nlisten(9876);\n",
    );
    write('chapter/one/a.ts', "export * from './parts/b.ts';\nawait import('./gone.ts');\n");
    write(
      'chapter/one/parts/b.ts',
      "import '../server.ts';\nimport './c.ts';\nimport 'node:fs';\n",
    );
    for (const file of ['parts/c.ts', 'changed.ts', 'types.ts', 'solution.ts', 'a.test.ts']) {
      write(`chapter/one/${file}`, '');
    }
    const { importable } = (await loadLabs(content)).get('one') ?? {};
    const all = ['server.ts', 'a.ts', 'changed.ts', 'parts/b.ts', 'parts/c.ts'];
    assert.deepEqual(importable, all);
  });

  test('in several labs are all told', async () => {
    write('chapter/one/lab.ts', lab('two'));
    write('chapter/three/lab.ts', lab('four'));
    await assert.rejects(loadLabs(content), /folder’s name, “one”[^]*folder’s name, “three”/);
  });

  test('once mended are gone: the file is read as it is now', async () => {
    write('chapter/one/server.ts', '');
    write('chapter/one/lab.ts', lab('two'));
    await assert.rejects(loadLabs(content), /the id “two”/);
    write('chapter/one/lab.ts', lab('one'));
    assert.ok((await loadLabs(content)).has('one'));
  });

  test('one id in two chapters', async () => {
    for (const chapter of ['first', 'second']) {
      write(`${chapter}/one/lab.ts`, lab('one'));
      write(`${chapter}/one/server.ts`, '');
    }
    await assert.rejects(loadLabs(content), /first\/one already has the id “one”/);
  });
});
