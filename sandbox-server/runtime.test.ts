import assert from 'node:assert/strict';
import fs, { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Lab } from '../lab/definition.ts';
import { CONTENT, ROOT } from '../project.ts';
import { findIsolation } from './isolation/ladder.ts';
import { Shelves } from './isolation/shelves.ts';
import { SandboxUsers, switchesUser } from './isolation/users.ts';
import { loadLabs } from './labs.ts';
import { prepareRuntime } from './runtime.ts';
import { Reader, TEST_LABS, serve } from './testing/reader.ts';

/** A copy of the labs of tests, as deep in the project as the labs are: their definitions import from it. */
function copyOfLabs(): string {
  const folder = join(ROOT, 'dist', 'test-labs');
  mkdirSync(folder, { recursive: true });
  const content = mkdtempSync(join(folder, 'content-'));
  cpSync(TEST_LABS, content, { recursive: true });
  return content;
}

test('a server runs the programs that it started with, whatever a pull makes of them', async () => {
  const content = copyOfLabs();
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

test('a runtime has in it what its name was made from, whatever a pull does meanwhile', async (t) => {
  const content = copyOfLabs();
  const program = join(content, 'tests', 'quitter', 'server.ts');
  const before = `console.log('before the pull ${content}');\n`;
  writeFileSync(program, before);
  const labs = [...(await loadLabs(content, 'quitter')).values()];
  // Node is linked when the runtime has its name, and nothing else in it yet.
  const link = t.mock.method(fs, 'linkSync', () => {
    writeFileSync(program, `console.log('after the pull');\n`);
    throw new Error('no links here');
  });
  syncBuiltinESMExports();
  try {
    const runtime = prepareRuntime(switchesUser(), labs);
    assert.equal(link.mock.callCount(), 1);
    assert.match(readFileSync(program, 'utf8'), /after the pull/);
    assert.equal(readFileSync(join(runtime.path, 'labs/quitter/server.ts'), 'utf8'), before);
    runtime.release();
  } finally {
    link.mock.restore();
    syncBuiltinESMExports();
    rmSync(content, { recursive: true });
  }
});

test('a way that changes the program has a text of its own, under the program’s own name', async () => {
  const labs = [...(await loadLabs(CONTENT, 'rot13-fork')).values()];
  const runtime = prepareRuntime(switchesUser(), labs);
  const textOf = (way?: string): string => {
    const file = runtime.programArgs('labs/rot13-fork', 'server.ts', way).at(-1) ?? '';
    assert.match(file, /\/server\.ts$/);
    return readFileSync(join(runtime.path, file), 'utf8');
  };
  const plain = textOf();
  const changed = textOf('connection-open');
  assert.match(plain, /^  close\(fd\);$/m);
  assert.doesNotMatch(changed, /^  close\(fd\);$/m);
  // Types leave blanks behind, so that a stack trace has the lines of the text that was written.
  assert.equal(changed.split('\n').length, plain.split('\n').length - 3);
  runtime.release();
});

test('an author’s way is as its definition was saved last', async () => {
  const content = copyOfLabs();
  const folder = join(content, 'tests', 'quitter');
  const [lab] = (await loadLabs(content, 'quitter')).values();
  assert.ok(lab);
  const text = readFileSync(join(folder, 'server.ts'), 'utf8');
  writeFileSync(join(folder, 'server.ts'), `console.log('as it is');\n${text}`);
  const patchTo = (by: string): Lab => {
    const ways = [
      { name: 'plain', label: 'as it is', args: [] },
      {
        name: 'other',
        label: 'other',
        args: [],
        patch: [{ replace: "console.log('as it is');", by }],
      },
    ];
    return { ...lab.definition, server: { ...lab.definition.server, ways } };
  };
  const runtime = prepareRuntime(switchesUser());
  for (const by of ["console.log('first');", "console.log('saved');"]) {
    runtime.addLab(patchTo(by), folder);
    const file = runtime.programArgs('labs/quitter', 'server.ts', 'other').at(-1) ?? '';
    assert.ok(readFileSync(join(runtime.path, file), 'utf8').startsWith(by));
  }
  runtime.release();
  rmSync(content, { recursive: true });
});

test('nothing is written to a runtime that is used', async () => {
  const runtime = prepareRuntime(switchesUser(), []);
  const all = (): string[] => fs.readdirSync(runtime.path, { recursive: true, encoding: 'utf8' });
  const before = all();
  const users = SandboxUsers.reserve();
  const shelves = new Shelves(dirname(runtime.path));
  await findIsolation(runtime.path, shelves, users.take());
  shelves.close();
  assert.deepEqual(all(), before);
  users.close();
  runtime.release();
});
