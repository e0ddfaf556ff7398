import assert from 'node:assert/strict';
import { isBuiltin } from 'node:module';
import { test } from 'node:test';
import { importProblem, WHY_FORBIDDEN } from './imports.ts';

const importable = { files: ['helper.ts'], connects: false, isBuiltin };

test('programs import the library, Node’s modules that open no connections, and the lab’s files', () => {
  const fine = ['libevent-ts', 'libevent-ts/sys', 'node:fs', 'fs', 'node:worker_threads'];
  for (const name of [...fine, './helper.ts']) {
    assert.equal(importProblem(name, importable), undefined, name);
  }
  for (const name of ['net', 'node:net', 'node:dns/promises']) {
    const problem = importProblem(name, importable);
    assert.equal(problem, `“${name}” can’t be imported. ${WHY_FORBIDDEN}`);
  }
});

test('where a tracer tells of calls, programs import Node’s connections too', () => {
  for (const name of ['node:net', 'node:dns', 'libevent-ts']) {
    assert.equal(importProblem(name, { ...importable, connects: true }), undefined, name);
  }
  assert.match(importProblem('ws', { ...importable, connects: true }) ?? '', /can’t be imported/);
});

test('what there isn’t is refused in words that say what there is', () => {
  assert.equal(
    importProblem('./helpr.ts', importable),
    '“./helpr.ts” can’t be imported. Did you mean “./helper.ts”? A program can import “libevent-ts” and ' +
      '“libevent-ts/sys”, Node’s modules that open no connections, such as “node:fs”, and the files of its lab: ./helper.ts.',
  );
  const others = ['ws', 'libevent-ts/trace-variables', 'node:nothing', '../other/server.ts'];
  for (const name of [...others, '/etc/passwd', 'data:text/javascript,1', 'koffi', '']) {
    assert.match(importProblem(name, { ...importable, files: [] }) ?? '', /“node:fs”\.$/, name);
  }
});
