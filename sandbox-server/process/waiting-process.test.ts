import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LONGEST_FEED_LINE } from '../../protocol/feed.ts';
import { Allowance } from '../allowance.ts';
import { WAITING } from '../guest/instruction.ts';
import { WaitingProcess } from './waiting-process.ts';

test('a program that a waiting process has become is heard as any other', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'waiting-'));
  try {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const script = `exec 4<${pipe}; printf '\\${WAITING.toString(8).padStart(3, '0')}'; cat <&4 >/dev/null
      head -c ${LONGEST_FEED_LINE + 1} /dev/zero >&3; printf '\\nshort\\n' >&3`;
    const waiting = new WaitingProcess(
      {
        ...{ file: 'setsid', args: ['-c', 'sh', '-c', script], uid: undefined, directory: '/' },
        ...{ wrapped: false, descriptors: [], environment: {}, feed: true },
      },
      pipe,
    );
    assert.ok(await waiting.settled);
    const told: string[] = [];
    const ended = Promise.withResolvers<void>();
    waiting.run(
      { program: '', args: [], maxDescriptors: 64, environment: {} },
      { cols: 80, rows: 24 },
      {
        output: () => undefined,
        feed: {
          hearing: new Allowance(1e9, 1e9, performance.now()),
          takes: () => true,
          line: (text) => told.push(text),
          tooLong: () => told.push('too long'),
          dropped: () => assert.fail('lines were dropped'),
          skipped: () => assert.fail('lines were dropped'),
          closed: () => assert.fail('the feed was closed'),
        },
        end: () => ended.resolve(),
      },
    );
    await ended.promise;
    assert.deepEqual(told, ['too long', 'short']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
