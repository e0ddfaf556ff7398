import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testsNamed, testsNear } from './test-names.ts';

const FILES = [
  'e2e/run.spec.ts',
  'libevent/evbuffer.test.ts',
  'libevent/evbuffer_ptr.test.ts',
  'libevent/evconnlistener.test.ts',
  'libevent/sys/select.test.ts',
  'scripts/lab.test.ts',
];

test('a path means one file, and so does that of the module beside it', () => {
  const one = ['libevent/evbuffer.test.ts'];
  assert.deepEqual(testsNamed('libevent/evbuffer.test.ts', FILES), one);
  assert.deepEqual(testsNamed('./libevent/evbuffer.test.ts', FILES), one);
  assert.deepEqual(testsNamed('libevent/evbuffer.ts', FILES), one);
});

test('a piece of a name means every file that has it', () => {
  assert.deepEqual(testsNamed('evbuffer', FILES), [
    'libevent/evbuffer.test.ts',
    'libevent/evbuffer_ptr.test.ts',
  ]);
  assert.deepEqual(testsNamed('EVCONN', FILES), ['libevent/evconnlistener.test.ts']);
  assert.deepEqual(testsNamed('run.spec', FILES), ['e2e/run.spec.ts']);
  assert.deepEqual(testsNamed('lab.test.ts', FILES), ['scripts/lab.test.ts']);
});

test('a folder means what is in it, if no file is called so', () => {
  assert.deepEqual(testsNamed('sys', FILES), ['libevent/sys/select.test.ts']);
  assert.deepEqual(testsNamed('libevent/sys', FILES), ['libevent/sys/select.test.ts']);
});

test('a name that means nothing has near ones, the nearest first', () => {
  assert.deepEqual(testsNamed('evconlistner', FILES), []);
  assert.equal(testsNear('evconlistner', FILES)[0], 'libevent/evconnlistener.test.ts');
  assert.equal(testsNear('libevent/ptrr.test.ts', FILES)[0], 'libevent/evbuffer_ptr.test.ts');
  assert.equal(testsNear('x', FILES).length, 5);
});
