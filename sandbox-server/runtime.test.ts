import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../project.ts';
import { Reader, TEST_LABS, serve } from './testing/reader.ts';

test('a server runs the programs that it started with, whatever a pull makes of them', async () => {
  // As deep in the project as the labs are: their definitions import from it.
  const folder = join(ROOT, 'dist', 'test-labs');
  mkdirSync(folder, { recursive: true });
  const content = mkdtempSync(join(folder, 'content-'));
  cpSync(TEST_LABS, content, { recursive: true });
  const program = join(content, 'tests', 'quitter', 'server.ts');
  const before = readFileSync(program, 'utf8');
  const run = async (port: number): Promise<string> => {
    const reader = await Reader.start(port, 'quitter');
    await reader.connected('alice');
    reader.say({ type: 'stop' });
    await reader.end();
    return reader.shown.get('server') ?? '';
  };
  {
    await using old = await serve(content, {}, 'quitter');
    writeFileSync(program, `console.log('after the pull');\n${before}`);
    writeFileSync(join(content, 'tests', 'quitter', 'new.ts'), '');
    await using pulled = await serve(content, {}, 'quitter');
    assert.doesNotMatch(await run(old.port), /after the pull/);
    assert.match(await run(pulled.port), /after the pull/);
    assert.doesNotMatch(await run(old.port), /after the pull/);
  }
  // An author’s server runs what is there.
  await using live = await serve(content, {}, 'quitter', undefined, true);
  assert.match(await run(live.port), /after the pull/);
  writeFileSync(program, `console.log('saved');\n${before}`);
  assert.match(await run(live.port), /saved/);
  rmSync(content, { recursive: true });
});
