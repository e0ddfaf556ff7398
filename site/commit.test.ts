import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { commitOf } from './commit.ts';

test('a commit is that of the folder itself, and says whether files have changed since', () => {
  const folder = mkdtempSync(join(tmpdir(), 'commit-'));
  const git = (...args: string[]): string =>
    execFileSync(
      'git',
      ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  try {
    assert.equal(commitOf(folder), undefined);
    git('init');
    assert.equal(commitOf(folder), undefined);
    writeFileSync(join(folder, 'file'), 'one');
    git('add', 'file');
    git('commit', '--message', 'one');
    const hash = git('rev-parse', 'HEAD').slice(0, 9);
    assert.equal(commitOf(folder), hash);
    writeFileSync(join(folder, 'another'), 'not of the commit');
    assert.equal(commitOf(folder), hash);
    writeFileSync(join(folder, 'file'), 'two');
    assert.equal(commitOf(folder), `${hash}, with changes`);
    mkdirSync(join(folder, 'inside'));
    assert.equal(commitOf(join(folder, 'inside')), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
