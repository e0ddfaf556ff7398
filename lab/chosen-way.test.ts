import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchLeftOut, patchThatRuns } from './chosen-way.ts';
import type { LabProgram } from './definition.ts';

test('a way’s patch is not put into a reader’s own version of the file, and the reader is told', () => {
  const server: LabProgram = {
    program: 'server.ts',
    ways: [
      { name: 'plain', label: 'as it is', args: [] },
      { name: 'leaky', label: 'leaky', args: [], patch: [{ replace: 'x', by: '' }] },
    ],
    ...{ forks: false, reads: false, traced: false, descriptors: 128, processes: 400 },
  };
  const none = new Set<string>();
  const edited = new Set(['server.ts']);
  assert.equal(patchThatRuns(server, undefined, none), undefined);
  assert.equal(patchThatRuns(server, 'plain', none), undefined);
  assert.equal(patchThatRuns(server, 'leaky', new Set(['other.ts'])), 'leaky');
  assert.equal(patchThatRuns(server, 'leaky', edited), undefined);
  assert.equal(patchLeftOut(server, 'leaky', none), undefined);
  assert.equal(patchLeftOut(server, 'plain', edited), undefined);
  assert.equal(
    patchLeftOut(server, 'leaky', edited),
    'Your own server.ts runs. It doesn’t have the changes of “leaky”.',
  );
});
