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

  test('one id in two chapters', async () => {
    for (const chapter of ['first', 'second']) {
      write(`${chapter}/one/lab.ts`, lab('one'));
      write(`${chapter}/one/server.ts`, '');
    }
    await assert.rejects(loadLabs(content), /first\/one already has the id “one”/);
  });
});
