import assert from 'node:assert/strict';
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { Program } from '../testing/program.ts';
import { until } from '../testing/until.ts';
import { holdFolder } from './held-folders.ts';

const scratch = mkdtempSync(join(tmpdir(), 'held-'));
after(() => rmSync(scratch, { recursive: true }));

let bases = 0;
const newBase = (): string => join(scratch, String(bases++));

/** Another process, which holds a folder until it is ended. Its making takes as long as `gate` is missing. */
function holder(base: string, name: string, gate: string): Program {
  const module = JSON.stringify(join(import.meta.dirname, 'held-folders.ts'));
  const script = `
    const { holdFolder } = await import(${module});
    const fs = await import('node:fs');
    const still = new Int32Array(new SharedArrayBuffer(4));
    const { path } = holdFolder(${JSON.stringify(base)}, ${JSON.stringify(name)}, {
      spare: 0,
      waits: () => fs.writeSync(1, 'waits\\n'),
      make(folder) {
        fs.writeSync(1, 'makes\\n');
        while (!fs.existsSync(${JSON.stringify(gate)})) Atomics.wait(still, 0, 0, 20);
        fs.writeFileSync(folder + '/made', String(process.pid));
      },
    });
    fs.writeSync(1, 'holds ' + fs.readFileSync(path + '/made', 'utf8') + '\\n');
    setInterval(() => {}, 1000);
  `;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  return Program.start([process.execPath, ...args]);
}

function hold(base: string, name: string, spare = 0, lasts?: (name: string) => boolean) {
  return holdFolder(base, name, {
    make: (folder) => writeFileSync(join(folder, name), ''),
    spare,
    ...(lasts && { lasts }),
  });
}

/** Another process, which holds a folder and removes it as soon as it is there. */
function remover(base: string, name: string, gate: string): Program {
  const module = JSON.stringify(join(import.meta.dirname, 'held-folders.ts'));
  const script = `
    const { holdFolder } = await import(${module});
    const fs = await import('node:fs');
    const held = holdFolder(${JSON.stringify(base)}, ${JSON.stringify(name)}, { spare: 9, make() {} });
    fs.writeSync(1, 'holds\\n');
    const still = new Int32Array(new SharedArrayBuffer(4));
    while (!fs.existsSync(${JSON.stringify(gate)})) Atomics.wait(still, 0, 0, 20);
    held.remove();
    fs.writeSync(1, 'removed\\n');
  `;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  return Program.start([process.execPath, ...args]);
}

suite('a held folder', () => {
  test('is made once, however many ask for it at the same time', async () => {
    const base = newBase();
    const gate = join(scratch, 'gate');
    await using first = holder(base, 'a', gate);
    await first.prints('makes');
    // It is not there by halves.
    assert.ok(!existsSync(join(base, 'a')));
    await using second = holder(base, 'a', gate);
    await second.prints('waits');
    writeFileSync(gate, '');
    const made = `holds ${first.pid}\n`;
    await first.prints(made);
    await second.prints(made);
    assert.doesNotMatch(second.printed, /makes/);
  });

  test('stays while a process lives that uses it, and goes after that, however it ended', async () => {
    const base = newBase();
    const gate = join(scratch, 'open');
    writeFileSync(gate, '');
    await using other = holder(base, 'old', gate);
    await other.prints('holds');
    const current = hold(base, 'new');
    assert.deepEqual(readdirSync(base).sort(), ['new', 'old']);
    assert.equal(readFileSync(join(base, 'old', 'made'), 'utf8'), String(other.pid));
    await other.end('SIGKILL');
    hold(base, 'newer').release();
    assert.deepEqual(readdirSync(base).sort(), ['new', 'newer']);
    current.release();
    // To say so twice closes nobody else’s descriptor.
    const next = hold(base, 'next');
    current.release();
    hold(base, 'last').release();
    assert.deepEqual(readdirSync(base).sort(), ['last', 'next']);
    next.release();
  });

  test('whose making fails or is cut off is not there, and is made anew', () => {
    const base = newBase();
    assert.throws(
      () =>
        holdFolder(base, 'a', {
          spare: 0,
          make(folder) {
            writeFileSync(join(folder, 'half'), '');
            throw new Error('made for this test');
          },
        }),
      /made for this test/,
    );
    assert.ok(!existsSync(join(base, 'a')));
    hold(base, 'a').release();
    assert.deepEqual(readdirSync(join(base, 'a')), ['a']);
    // What another name’s making left goes too.
    mkdirSync(join(base, 'b.new'));
    hold(base, 'a').release();
    assert.deepEqual(readdirSync(base), ['a']);
  });

  test('is held where it is there and nothing can be written', (t) => {
    const base = newBase();
    for (const name of ['a', 'b']) hold(base, name, 2).release();
    const refuse = (): never => {
      throw new Error('EROFS: read-only file system');
    };
    const mocks = (['futimesSync', 'rmSync'] as const).map((name) =>
      t.mock.method(fs, name, refuse),
    );
    syncBuiltinESMExports();
    try {
      const { path, release } = hold(base, 'a');
      assert.ok(existsSync(path));
      release();
    } finally {
      for (const mock of mocks) mock.mock.restore();
      syncBuiltinESMExports();
    }
  });

  test('is kept for a while if it may be wanted again: the last used', () => {
    const base = newBase();
    for (const name of ['a', 'b', 'c']) hold(base, name, 9).release();
    hold(base, 'a', 9).release();
    hold(base, 'd', 1).release();
    assert.deepEqual(readdirSync(base).sort(), ['a', 'd']);
  });

  test('that nobody can want again takes no place among those', () => {
    const base = newBase();
    const lasts = (name: string): boolean => !name.startsWith('once');
    for (const name of ['a', 'b', 'once-1', 'once-2']) hold(base, name, 9, lasts).release();
    hold(base, 'c', 2, lasts).release();
    assert.deepEqual(readdirSync(base).sort(), ['a', 'b', 'c']);
  });

  test('is not removed under the eyes of another start', async () => {
    const base = newBase();
    const [removes, makes] = [join(scratch, 'removes'), join(scratch, 'makes')];
    await using own = remover(base, 'own', removes);
    await own.prints('holds');
    await using other = holder(base, 'other', makes);
    await other.prints('makes');
    writeFileSync(removes, '');
    const waits = new RegExp(`-> FLOCK .* ${own.pid} `);
    await until('it waits', () => waits.test(readFileSync('/proc/locks', 'utf8')));
    assert.ok(existsSync(join(base, 'own')));
    writeFileSync(makes, '');
    await own.prints('removed');
    await other.prints('holds');
    assert.deepEqual(readdirSync(base), ['other']);
  });
});
