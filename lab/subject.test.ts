import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scenario } from './scenario.ts';
import { beginnerOf, subjectOf } from './subject.ts';

const client = (name: string, later = false) => ({
  name,
  address: '127.0.0.1' as const,
  later,
});

test('a step is about who acts, and without an action about who is watched first', () => {
  const types = { client: 'bob', types: 'hello\n' };
  const silence = { client: 'alice', receivesNothingFor: 300 };
  assert.equal(subjectOf({ action: types, expect: [silence] }), 'bob');
  assert.equal(subjectOf({ expect: [silence, { program: 'server', prints: 'x' }] }), 'alice');
  assert.equal(
    subjectOf({ action: { program: 'server', interrupts: true }, expect: [silence] }),
    'server',
  );
  assert.equal(subjectOf({ expect: [] }), undefined);
  const crowd = { crowd: 10, talks: false };
  const gauge = { gauge: 'descriptors' as const, program: 'server', atLeast: 10 };
  assert.equal(subjectOf({ action: crowd, expect: [gauge] }), 'server');
});

test('a reader begins with whom the scenario begins with', () => {
  const scenario: Scenario = [
    { caption: 'Nobody speaks.', expect: [] },
    { caption: 'Carol comes.', action: { client: 'carol', connects: true }, expect: [] },
    { caption: 'Carol speaks.', action: { client: 'carol', types: 'c\n' }, expect: [] },
    { caption: 'Bob speaks.', action: { client: 'bob', types: 'b\n' }, expect: [] },
  ];
  const clients = [client('alice'), client('bob'), client('carol', true)];
  assert.equal(beginnerOf({ clients }, scenario), 'bob');
});

test('where the scenario types with nobody, a reader begins with the first; or with none', () => {
  const scenario: Scenario = [{ caption: 'Nobody speaks.', expect: [] }];
  assert.equal(
    beginnerOf({ clients: [client('carol', true), client('alice')] }, scenario),
    'alice',
  );
  assert.equal(beginnerOf({ clients: [client('carol', true)] }, scenario), undefined);
});
