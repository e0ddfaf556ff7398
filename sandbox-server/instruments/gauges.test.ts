import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Program } from '../../testing/program.ts';
import { until } from '../../testing/until.ts';
import { Gauges } from './gauges.ts';
import { gaugeSchema } from '../../protocol/messages.ts';

const ALL = gaugeSchema.options;

/** A Node program, as it runs without a wrapper. */
async function program(text: string, inner: readonly string[] = []): Promise<Program> {
  const script = `${text}; process.stdout.write('.')`;
  const child = Program.start([process.execPath, ...inner, '-e', script], { waitsForInput: true });
  await child.prints('.');
  return child;
}

suite('gauges', () => {
  test('count processes, threads and descriptors, those of children too', async () => {
    await using quiet = await program(`
      require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' });
      process.stdin.on('data', () => {})`);
    const gauges = new Gauges(quiet.pid, ALL);
    const reading = gauges.read();
    assert.equal(reading?.figures.processes, 2);
    assert.equal(reading.tree.length, 2);
    assert.equal(reading.tree[1]?.parent, reading.tree[0]?.pid);
    assert.ok((reading.figures.threads ?? 0) > 2);
    assert.ok((reading.figures.descriptors ?? 0) > 6);
    assert.ok((reading.figures.memory ?? 0) > 10_000_000);
  });

  test('of many processes none is left out, and some stand for the memory of all', async () => {
    const many = 40;
    await using parent = await program(`
      const { spawn } = require('node:child_process');
      for (let i = 0; i < ${many}; i++) spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore'] });
      process.stdin.on('data', () => {})`);
    const gauges = new Gauges(parent.pid, ['processes', 'threads', 'memory']);
    const parentAlone = gauges.read()?.figures.memory ?? NaN;
    const { figures } = gauges.read() ?? {};
    assert.equal(figures?.processes, many + 1);
    assert.ok((figures.threads ?? 0) > many);
    // Each reading weighs others of them; they are alike.
    assert.ok(Math.abs((figures.memory ?? NaN) - parentAlone) < 0.2 * parentAlone);
  });

  test('a zombie is no process any more, and still in the tree', async () => {
    // sh runs a child, becomes a sleep, and that never asks how the child ended.
    await using parent = await program(`
      const { spawn } = require('node:child_process');
      const script = 'sleep 0 & exec sleep 60';
      spawn('sh', ['-c', script], { stdio: 'ignore' });
      process.stdin.on('data', () => {})`);
    const gauges = new Gauges(parent.pid, ['processes', 'zombies', 'threads', 'descriptors']);
    let reading = gauges.read();
    await until('one is a zombie', () => {
      reading = gauges.read();
      return reading?.figures.zombies === 1;
    });
    assert.equal(reading?.figures.processes, 2);
    assert.deepEqual(
      reading.tree.map(({ zombie }) => zombie),
      [undefined, undefined, true],
    );
    assert.equal(reading.tree[2]?.parent, reading.tree[1]?.pid);
  });

  test('a program that spins uses a processor, one that waits none', async () => {
    await using busy = await program('setImmediate(function spin() { setImmediate(spin); })');
    await using idle = await program('process.stdin.on("data", () => {})');
    const [busyGauges, idleGauges] = [busy, idle].map(({ pid }) => new Gauges(pid, ['cpu']));
    const cpu = (gauges: Gauges | undefined): number => gauges?.read()?.figures.cpu ?? -1;
    await until('one spins and one waits', () => {
      return cpu(busyGauges) > 0.2 && cpu(idleGauges) === 0;
    });
  });

  test('a program of many processes is counted whole, and looked at in part', async () => {
    await using many = await program(`
      const { spawn } = require('node:child_process');
      for (let index = 0; index < 100; index++) spawn('sleep', ['60'], { stdio: 'ignore' });
      process.stdin.on('data', () => {})`);
    const gauges = new Gauges(many.pid, ['processes', 'descriptors']);
    const reading = gauges.read();
    assert.equal(reading?.figures.processes, 101);
    assert.equal(reading.tree.length, 24);
  });

  test('nothing is read of a program that is not there', async () => {
    const gone = await program('');
    await gone[Symbol.asyncDispose]();
    assert.equal(new Gauges(gone.pid, ALL).read(), undefined);
  });
});
