import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakable, isWhole } from './breakable.ts';

test('a long name is broken after its underscores, a short one nowhere', () => {
  assert.deepEqual(breakable('bufferevent_setwatermark()'), ['bufferevent_', 'setwatermark()']);
  assert.deepEqual(breakable('LEV_OPT_CLOSE_ON_FREE'), ['LEV_', 'OPT_', 'CLOSE_', 'ON_', 'FREE']);
  assert.deepEqual(breakable('O_NONBLOCK'), ['O_NONBLOCK']);
  assert.deepEqual(breakable('O_NONBLOCK | SOCK_CLOEXEC'), ['O_NONBLOCK | SOCK_CLOEXEC']);
});

test('an underscore at an end stays with its name', () => {
  assert.deepEqual(breakable('__libevent_internal__'), ['__libevent_', 'internal__']);
  assert.deepEqual(breakable(''), ['']);
});

test('a short name with a hyphen stays whole', () => {
  assert.ok(isWhole('libevent-ts/sys'));
  assert.ok(!isWhole('strace -c -p PID'));
  assert.ok(!isWhole('two-sockets-nonblocking'));
  assert.ok(!isWhole('recv'));
});
