import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { EADDRINUSE, EBADF, ENOENT, setErrno } from '../sys/errno.ts';
import { SystemError } from './errors.ts';

test('a SystemError reads like an error of Node itself', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await once(first, 'listening');
  const bound = first.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const second = createServer().listen(bound.port, '127.0.0.1');
  const events: unknown[] = await once(second, 'error');
  const node = events[0];
  assert.ok(node instanceof Error);
  first.close();
  const address = { family: 'IPv4', address: '127.0.0.1', port: bound.port } as const;
  const ours = new SystemError('listen', address, EADDRINUSE);
  assert.equal(ours.message, node.message);
  for (const key of ['code', 'errno', 'syscall', 'address', 'port'] as const) {
    assert.equal(ours[key], Reflect.get(node, key), key);
  }
});

test('a SystemError without an address has none', () => {
  setErrno(EBADF);
  const error = new SystemError('listen');
  assert.equal(error.message, 'listen EBADF: bad file descriptor');
  assert.equal('address' in error, false);
  assert.equal('port' in error, false);
  assert.ok(error instanceof Error);
});

test('a SystemError about a path has no port', () => {
  const error = new SystemError('bind', { family: 'Unix', path: '/nowhere/x' }, ENOENT);
  assert.equal(error.message, 'bind ENOENT: no such file or directory /nowhere/x');
  assert.equal(error.address, '/nowhere/x');
  assert.equal('port' in error, false);
});
