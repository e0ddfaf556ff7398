import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { descriptorLimit, descriptorsLeft } from './descriptors.ts';
import { openPty } from './process/pty.ts';

test('descriptors that are left go down as files are opened', () => {
  const limit = descriptorLimit();
  const before = descriptorsLeft(limit);
  const opened = openSync('/dev/null', 'r');
  assert.equal(descriptorsLeft(limit), before - 1);
  closeSync(opened);
});

/** Runs a script that may use the modules of this folder. */
async function run(script: string, by: readonly string[] = []): Promise<string> {
  const head = `
    const { keepFromChildren } = await import(${JSON.stringify(join(import.meta.dirname, 'descriptors.ts'))});
    const { startHolder } = await import(${JSON.stringify(join(import.meta.dirname, 'isolation', 'holder.ts'))});
    const { TerminalProcess } = await import(${JSON.stringify(join(import.meta.dirname, 'process', 'terminal-process.ts'))});
    const { execFileSync } = await import('node:child_process');
    const fs = await import('node:fs');
  `;
  const [file = '', ...args] = [
    ...[...by, process.execPath, '--disable-warning=ExperimentalWarning'],
    ...['--input-type=module', '-e', head + script],
  ];
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return said.trim();
}

test('what a server inherited does not reach the programs that it starts', async () => {
  const list = `console.log(execFileSync('ls', ['/proc/self/fd']).toString().split('\\n').includes('251'))`;
  // Node itself keeps back those that come right after standard error.
  const inheriting = ['bash', '-c', 'exec 251>&2; exec "$@"', 'bash'];
  assert.equal(await run(list, inheriting), 'true');
  assert.equal(await run(`keepFromChildren(); ${list}`, inheriting), 'false');
});

const EXHAUSTED = `
  const opened = [];
  try { for (;;) opened.push(fs.openSync('/dev/null')); } catch {}
  const free = (count) => { for (let index = 0; index < count; index++) fs.closeSync(opened.pop()); };
`;

test('without descriptors no holder starts, and that is an error in words', async () => {
  // Every number of free descriptors fails at another place.
  const script = `${EXHAUSTED}
    for (let left = 0; left < 12; left++) {
      await startHolder('cat', [], undefined, (_, pid) => pid).then(
        (holder) => holder.close(),
        (error) => { if (!/EMFILE/.test(error.message)) console.log(error.message); });
      free(1);
    }
    console.log('still here');`;
  assert.equal(await run(script, ['prlimit', '--nofile=80']), 'still here');
});

test('without descriptors no process starts, and none is lost', async () => {
  const script = `${EXHAUSTED}
    const ended = [];
    for (let left = 0; left < 12; left++) {
      try {
        const descriptors = left > 6 ? [fs.openSync('/dev/full')] : [];
        const launch = { file: 'true', args: [], directory: '/', environment: {}, wrapped: false, descriptors, feed: true };
        const end = Promise.withResolvers();
        new TerminalProcess(launch, { cols: 80, rows: 24 }, { output() {}, end: end.resolve });
        ended.push(end.promise);
      } catch (error) {
        if (!/EMFILE|errno 24/.test(error.message)) console.log(error.message);
      }
      await Promise.all(ended);
      free(1);
    }
    const links = fs.readdirSync('/proc/self/fd').map((fd) => {
      try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
    });
    const count = (end) => links.filter((link) => link.endsWith(end)).length;
    console.log(ended.length > 0, count('/dev/full'), count('ptmx'));`;
  // Node itself loses a pipe's descriptor when spawn() finds none for the next: it is not counted here.
  assert.equal(await run(script, ['prlimit', '--nofile=80']), 'true 0 0');
});

test('a pseudoterminal that can’t be set up leaves no descriptor', () => {
  const before = readdirSync('/proc/self/fd').length;
  // No user has such an id.
  assert.throws(() => openPty({ cols: 80, rows: 24 }, 2 ** 40));
  assert.equal(readdirSync('/proc/self/fd').length, before);
});
