import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from './config.ts';

test('without settings: port 4321 on loopback', () => {
  const config = readConfig({});
  assert.equal(config.port, 4321);
  assert.equal(config.host, '127.0.0.1');
  assert.deepEqual(config.hosts, []);
  assert.equal(config.base, '/');
  assert.equal(config.sessions, undefined);
});

test('settings are read as what they mean', () => {
  const config = readConfig({
    PORT: '80',
    READABLE_HOSTS: 'a.example  b.example:8080',
    READABLE_SESSIONS: '7',
    READABLE_BASE: '/book',
  });
  assert.equal(config.port, 80);
  assert.deepEqual(config.hosts, ['a.example', 'b.example:8080']);
  assert.equal(config.base, '/book/');
  assert.equal(config.sessions, 7);
});

test('an error names every variable at fault', () => {
  assert.throws(
    () =>
      readConfig({
        PORT: '70000',
        READABLE_TIME_LIMIT: 'soon',
        READABLE_ISOLATION: 'magic',
        READABLE_BASE: 'book',
      }),
    (error) =>
      error instanceof Error &&
      ['PORT', 'READABLE_TIME_LIMIT', 'READABLE_ISOLATION', 'READABLE_BASE'].every((name) =>
        error.message.includes(name),
      ),
  );
});

test('a time limit is one that a timer can keep', () => {
  assert.equal(readConfig({ READABLE_TIME_LIMIT: '2147483' }).timeLimit, 2_147_483);
  assert.throws(() => readConfig({ READABLE_TIME_LIMIT: '2147484' }), /READABLE_TIME_LIMIT/);
});
