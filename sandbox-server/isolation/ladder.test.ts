import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ISOLATION_NAMES } from '../../protocol/messages.ts';
import { findIsolation } from './ladder.ts';
import { Shelves } from './shelves.ts';
import { SandboxUsers } from './users.ts';

suite('where no sandbox can be had, for want of a runtime', () => {
  let folder = '';
  let shelves: Shelves;
  const users = SandboxUsers.reserve();
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ladder-'));
    shelves = new Shelves(folder);
  });
  after(() => {
    shelves.close();
    users.close();
    rmSync(folder, { recursive: true });
  });
  const find = (named?: (typeof ISOLATION_NAMES)[number]): Promise<unknown> =>
    findIsolation(join(folder, 'missing'), shelves, users.take(), named);

  test('all are tried, the safest first', async () => {
    await assert.rejects(find(), ({ message }: Error) => {
      const tried = [...message.matchAll(/^(\w+): /gm)].map(([, name]) => name);
      assert.deepEqual(tried, ISOLATION_NAMES);
      return message.startsWith('No program can be run here.');
    });
  });

  for (const name of ISOLATION_NAMES) {
    test(`${name}, where the operator names it, is the only one that is tried`, async () => {
      await assert.rejects(find(name), ({ message }: Error) => {
        const tried = [...message.matchAll(/^(\w+): /gm)].map(([, found]) => found);
        assert.deepEqual(tried, [name]);
        return message.startsWith(`READABLE_ISOLATION=${name} does not work here`);
      });
    });
  }
});
