import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LIMIT } from '../../../testing/patience.ts';
import { kit, type Check } from './kit.ts';
import { DEFAULT_RUNS, runCheck } from './run-check.ts';

const folder = mkdtempSync(join(tmpdir(), 'run-check-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test(
  'a mistake in the check is told as what it is, and nothing is tried after it',
  LIMIT,
  async () => {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, `console.log('ready'); setInterval(() => {}, 1000);`);
    let plays = 0;
    const check: Check = {
      expectations: {},
      steps: kit.visits({ peers: 2, texts: kit.pieces(), deeds: ['half-closes'] }),
      examples: [[{ does: 'connects', peer: 0 }], [{ does: 'connects', peer: 1 }]],
      play() {
        plays++;
        // The first sequence passes.
        return plays === 1 ? Promise.resolve() : Promise.reject(new TypeError(`mistake ${plays}`));
      },
    };
    const events = { progress: () => {}, shortening: () => {} };
    const command = { flags: [], file, port: 1, ready: 'ready', descriptors: 128 };
    const run = runCheck(check, command, { ...DEFAULT_RUNS, seed: 1 }, events);
    await assert.rejects(run, new TypeError('mistake 2'));
    assert.equal(plays, 2);
  },
);
