import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';

let root = '';

/** A project as setup.mjs sees it, and an npm that only writes down that it has installed, or dies first. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'setup-'));
  for (const folder of ['scripts', 'libevent']) mkdirSync(join(root, folder));
  copyFileSync(join(import.meta.dirname, 'setup.mjs'), join(root, 'scripts', 'setup.mjs'));
  writeFileSync(join(root, 'package.json'), '{}');
  writeFileSync(join(root, 'libevent', 'package.json'), '{}');
  lock('old');
  writeFileSync(
    join(root, 'npm.mjs'),
    `import { mkdirSync, writeFileSync } from 'node:fs';
    mkdirSync('node_modules', { recursive: true });
    if (process.env['DIES']) process.kill(process.pid, 'SIGKILL');
    writeFileSync('node_modules/installed', '');`,
  );
});
afterEach(() => rmSync(root, { recursive: true }));

function lock(text: string): void {
  writeFileSync(join(root, 'package-lock.json'), text);
}

/** Runs it. @returns its exit status, and whether npm has installed everything meanwhile */
function setUp(environment = {}): { status: number | null; installed: boolean } {
  const installed = join(root, 'node_modules', 'installed');
  rmSync(installed, { force: true });
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'setup.mjs'), 'lab'], {
    env: { ...process.env, npm_execpath: join(root, 'npm.mjs'), ...environment },
  });
  return { status, installed: existsSync(installed) };
}

suite('what a command needs', () => {
  test('is installed once, and again when it has changed', () => {
    assert.deepEqual(setUp(), { status: 0, installed: true });
    assert.deepEqual(setUp(), { status: 0, installed: false });
    lock('new');
    assert.deepEqual(setUp(), { status: 0, installed: true });
  });

  test('is installed again after npm was stopped halfway', () => {
    assert.deepEqual(setUp({ DIES: '1' }), { status: 1, installed: false });
    assert.deepEqual(setUp(), { status: 0, installed: true });
  });

  test('so it is where what was there before is wanted again', () => {
    assert.deepEqual(setUp(), { status: 0, installed: true });
    lock('new');
    assert.deepEqual(setUp({ DIES: '1' }), { status: 1, installed: false });
    lock('old');
    assert.deepEqual(setUp(), { status: 0, installed: true });
  });
});
