import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SandboxUsers, switchesUser } from '../isolation/users.ts';
import { MAX_EDIT, MAX_EDITS, type Edit } from '../../protocol/messages.ts';
import { prepareRuntime } from '../runtime.ts';
import { EditChecker, type Checked } from './edit-checker.ts';
import { LIMIT } from '../../testing/patience.ts';

const PROGRAM = [{ file: 'server.ts', text: 'console.log(1);' }];

function isNotRead(checked: Checked): void {
  assert.equal(checked.kind, 'unchecked');
  assert.match(checked.message, /could not be read here.* not yours/);
}

interface Checking {
  /** Has programs checked. */
  readonly check: (edits?: readonly Edit[], left?: AbortSignal) => Promise<Checked>;
  /** What the operator was told. */
  readonly told: readonly string[];
}

/** Works with a checker of this runtime folder, which makes no mistake. */
async function withChecker(
  runtime: string,
  work: (checking: Checking) => Promise<void>,
): Promise<void> {
  const users = SandboxUsers.reserve();
  const told: string[] = [];
  const mistakes: unknown[] = [];
  const checker = new EditChecker({
    ...{ runtime, users },
    mistake: (error) => void mistakes.push(error),
    failed: (why) => void told.push(why),
  });
  try {
    await work({
      told,
      check: (edits = PROGRAM, left) =>
        checker.check('192.0.2.1', edits, { files: [], connects: false }, left),
    });
    assert.deepEqual(mistakes, []);
  } finally {
    await checker.close();
    users.close();
  }
}

test(
  'where nothing can be started, a reader is not blamed, and the operator is told once',
  LIMIT,
  () =>
    withChecker('/nowhere', async ({ check, told }) => {
      isNotRead(await check());
      isNotRead(await check());
      assert.deepEqual(told, ['spawn setpriv ENOENT']);
    }),
);

test('so it is where what is started ends before it has loaded', LIMIT, async () => {
  const empty = mkdtempSync(join(tmpdir(), 'runtime-'));
  try {
    await withChecker(empty, async ({ check, told }) => {
      isNotRead(await check());
      // Those of env(1): there is nothing to run, or another user may not look.
      assert.match(told.join('\n'), /^it ended before it had loaded, with code 12[67]$/);
    });
  } finally {
    rmSync(empty, { recursive: true });
  }
});

test('so it is where no descriptor is left', LIMIT, async () => {
  // Few enough to be taken, and enough for what this process has by now.
  execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=256:']);
  await withChecker('/', async ({ check, told }) => {
    const taken: number[] = [];
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {
      // All are taken.
    }
    try {
      isNotRead(await check());
      assert.deepEqual(told, ['spawn setpriv EMFILE']);
    } finally {
      for (const descriptor of taken) closeSync(descriptor);
    }
  });
});

/** Works with a checker that can read. */
async function withRuntime(work: (checking: Checking) => Promise<void>): Promise<void> {
  const runtime = prepareRuntime(switchesUser(), []);
  try {
    await withChecker(runtime.path, work);
  } finally {
    runtime.release();
  }
}

test('as much as a reader may send is read in the memory that there is', LIMIT, () =>
  withRuntime(async ({ check }) => {
    // What takes more than anything else that was tried.
    for (const piece of [`${'{'.repeat(30)}${'}'.repeat(30)}`, '()=>{};', ';']) {
      const text = piece.repeat(Math.floor(MAX_EDIT / piece.length));
      const edits = Array.from({ length: MAX_EDITS }, (_, index) => ({
        file: `${index}.ts`,
        text,
      }));
      assert.equal((await check(edits)).kind, 'fine', piece);
    }
  }),
);

test('ends of lines to JavaScript alone are within a text like any other', LIMIT, () =>
  withRuntime(async ({ check }) => {
    const text = "// one\u2028// two\u2029console.log('\u2028');";
    const checked = await check([{ file: 'server.ts', text }]);
    assert.equal(checked.kind, 'fine', JSON.stringify(checked));
  }),
);

test('nobody waits behind programs that nobody waits for', LIMIT, () =>
  withRuntime(async ({ check }) => {
    // Labels, which take as long as a program may to be read.
    const slow = [{ file: 'server.ts', text: `${'a:'.repeat(32_000)};` }];
    const left = new AbortController();
    const given = Array.from({ length: 9 }, (_, index) =>
      check(slow, index === 0 ? undefined : left.signal),
    );
    // One is being read, and eight of one reader’s may wait.
    const more = await check(PROGRAM);
    assert.equal(more.kind === 'unchecked' && more.message.startsWith('Too many'), true);
    left.abort();
    await Promise.all(given.slice(1));
    const checked = await check(PROGRAM);
    assert.equal(checked.kind, 'fine', JSON.stringify(checked));
  }),
);
