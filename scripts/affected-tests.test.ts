import assert from 'node:assert/strict';
import { test } from 'node:test';
import { affectedTests, selectWithin, type Tree } from './affected-tests.ts';

/** A tree of sources, and files without a text of interest. */
function tree(sources: Record<string, string>, ...others: string[]): Tree {
  return {
    sources: new Map(Object.entries(sources)),
    files: new Set([...Object.keys(sources), ...others]),
    packages: new Map([['libevent-ts', 'libevent/index.ts']]),
  };
}

function tests(changed: string[], of: Tree): string[] {
  return affectedTests(changed, of).map(({ test: file }) => file);
}

test('a test that was changed itself is affected, one that was removed is not', () => {
  const all = tree({ 'a/a.test.ts': '' });
  assert.deepEqual(affectedTests(['a/a.test.ts', 'a/gone.test.ts'], all), [
    { test: 'a/a.test.ts', distance: 0, through: [] },
  ]);
});

test('a test beside the changed file is affected, imported or not', () => {
  const all = tree({ 'a/run.ts': '', 'a/run.test.ts': 'spawn("npm")', 'b/run.test.ts': '' });
  assert.deepEqual(tests(['a/run.ts'], all), ['a/run.test.ts']);
});

test('tests that import the changed file are affected, the nearest first, and it is said how', () => {
  const all = tree({
    'a/far.test.ts': "import { b } from '../b/middle.ts';",
    'a/near.test.ts': "import { c } from '../c/changed.ts';",
    'a/other.test.ts': "import { d } from '../d/other.ts';",
    'b/middle.ts': "export * from '../c/changed.ts';",
    'c/changed.ts': '',
    'd/other.ts': '',
  });
  assert.deepEqual(affectedTests(['c/changed.ts'], all), [
    { test: 'a/near.test.ts', distance: 1, through: ['c/changed.ts'] },
    { test: 'a/far.test.ts', distance: 2, through: ['b/middle.ts', 'c/changed.ts'] },
  ]);
});

test('a removed file affects those that still import it', () => {
  const all = tree({ 'a/a.test.ts': "import('./gone.ts')" });
  assert.deepEqual(tests(['a/gone.ts'], all), ['a/a.test.ts']);
});

test('packages of the project, URLs and files that are read count', () => {
  const all = tree(
    {
      'libevent/index.ts': "export * from './evbuffer.ts';",
      'libevent/evbuffer.ts': '',
      'content/a.test.ts': "import { Evbuffer } from 'libevent-ts';",
      'libevent/url.test.ts': "new URL('./evbuffer.ts', import.meta.url)",
      'libevent/package.test.ts': "join(import.meta.dirname, 'README.md')",
    },
    'libevent/README.md',
  );
  assert.deepEqual(tests(['libevent/evbuffer.ts'], all), [
    'libevent/url.test.ts',
    'content/a.test.ts',
  ]);
  assert.deepEqual(tests(['libevent/README.md'], all), ['libevent/package.test.ts']);
  assert.deepEqual(tests(['README.md'], tree({ 'a/b.test.ts': "'README.md'" }, 'README.md')), []);
});

test('a test that names a lab is affected by each of its files', () => {
  const all = tree(
    { 'content/rot13/b.test.ts': "start('events/rot13-event')", 'content/rot13/c.test.ts': '' },
    'content/events/rot13-event/lab.ts',
    'content/events/rot13-event/server.ts',
  );
  assert.deepEqual(tests(['content/events/rot13-event/server.ts'], all), [
    'content/rot13/b.test.ts',
  ]);
});

test('modules that import each other end, and apostrophes do not hide an import', () => {
  const all = tree({
    'a/a.ts': "// It doesn't matter whose import it is\nimport './b.ts';",
    'a/b.ts': "import './a.ts';",
    'a/c.test.ts': "import './a.ts';",
  });
  assert.deepEqual(tests(['a/b.ts'], all), ['a/c.test.ts']);
});

test('what there is time for runs, the nearest first, and a changed test always', () => {
  const at = (file: string, distance: number) => ({ test: file, distance, through: [] });
  const affected = [at('changed', 0), at('quick', 1), at('slow', 1), at('near', 1), at('new', 2)];
  const times = new Map([
    ['changed', 9000],
    ['quick', 500],
    ['slow', 9000],
  ]);
  const names = (limit: number) => {
    const { run, left } = selectWithin(limit, affected, times);
    return [run, left].map((part) => part.map((each) => each.test));
  };
  assert.deepEqual(names(11_000), [
    ['changed', 'quick', 'near'],
    ['slow', 'new'],
  ]);
  assert.deepEqual(names(0), [['changed'], ['quick', 'slow', 'near', 'new']]);
  assert.deepEqual(names(60_000), [['changed', 'quick', 'slow', 'near'], ['new']]);
});
