import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placesIn } from './source-places.ts';

const files = ['server.ts', 'crowd.ts'];
const found = (text: string): string[] =>
  placesIn(text, files).map(({ place, start, end }) => {
    assert.match(text.slice(start, end), /^[a-z]+\.ts:\d/);
    return `${place.file} ${place.line} ${place.column}`;
  });

test('the head of an error and the lines of its stack name places', () => {
  assert.deepEqual(found('server.ts:47'), ['server.ts 47 1']);
  assert.deepEqual(found('    at serve (server.ts:47:11)'), ['server.ts 47 11']);
  assert.deepEqual(found('    at crowd.ts:3:5'), ['crowd.ts 3 5']);
  assert.deepEqual(found('server.ts:1 and crowd.ts:2'), ['server.ts 1 1', 'crowd.ts 2 1']);
});

test('files of others, paths, addresses and what is no line do not', () => {
  for (const text of [
    'libevent-ts/listener/evconnlistener.ts:33:5',
    'other.ts:3',
    '/tmp/server.ts:3',
    'https://evil.example/server.ts:3',
    'myserver.ts:3',
    'my-server.ts:3',
    'server.ts:0',
    'server.ts:x',
    'server.ts',
    'server.ts:1234567',
    'Server.ts:3',
  ]) {
    assert.deepEqual(found(text), [], text);
  }
});
