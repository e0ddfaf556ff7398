import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTENT } from '../project.ts';
import { loadLabs } from './labs.ts';
import { memoryFor, memoryForCheck, startsWith } from './memory-plan.ts';

const MiB = 1024 * 1024;

test('as much is set aside as was measured, or more', () => {
  assert.ok(memoryFor({ programs: 1, clients: 2 }) >= 47 * MiB);
  assert.ok(memoryFor({ programs: 1, clients: 8 }) >= 134 * MiB);
  // A thousand talking clients: 25 MB for them, 30 for what the server has of them, 13 for the kernel’s part.
  const usual = { programs: 1, clients: 2 };
  assert.ok(memoryFor({ ...usual, crowd: true }) - memoryFor(usual) >= 68 * MiB);
  assert.ok(memoryForCheck() >= 170 * MiB);
  assert.equal(memoryForCheck(1000), memoryForCheck() + 1000);
});

test('what a lab starts by itself counts, and not what is started at a click', async () => {
  const labs = await loadLabs(CONTENT, 'echo-listener');
  const lab = labs.get('echo-listener')?.definition;
  assert.ok(lab);
  assert.deepEqual(startsWith(lab), { programs: 1, clients: 2 });
  // Beside a program that is traced there is its tracer.
  const traced = { ...lab, server: { ...lab.server, traced: true } };
  assert.deepEqual(startsWith(traced), { programs: 2, clients: 2 });
  const [client] = lab.clients;
  assert.ok(client);
  const program = { ...lab.server, name: 'other', starts: 'on-demand' } as const;
  const clients = [...lab.clients, { ...client, name: 'later', later: true }];
  assert.deepEqual(startsWith({ ...lab, clients, programs: [program] }), {
    programs: 1,
    clients: 2,
  });
});
