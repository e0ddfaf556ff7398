import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { statOf } from '../sandbox-server/process/process-tree.ts';
import { Program } from './program.ts';
import { until } from './until.ts';

function shell(script: string, leadsGroup = false): Program {
  return Program.start(['sh', '-c', script], { leadsGroup, waitsForInput: true });
}

suite('a program', () => {
  test('is heard from its start on, however late one listens', async () => {
    await using program = shell('echo one; echo and two; read _');
    const [, number] = await program.prints(/and (\w+)\n/);
    assert.equal(number, 'two');
    assert.equal(await program.line(), 'one');
  });

  test('that ends without the word one waits for says what it said instead', async () => {
    await using program = shell('echo no; echo sorry >&2; exit 3');
    await assert.rejects(program.prints('yes'), /ended after “(no\nsorry|sorry\nno)\n”/);
    assert.equal(await program.close(), 3);
  });

  test('that is not there is an error in words', async () => {
    await using program = Program.start(['/no/such/program']);
    await assert.rejects(program.line(), /\/no\/such\/program ended after “.*ENOENT”/);
  });

  test('ends with the block, and a group with all that it started', async () => {
    let child = NaN;
    {
      await using program = shell('sleep 1000 & echo $!; exec sleep 1000', true);
      child = Number(await program.line());
      assert.ok(program.runs && statOf(child));
    }
    await until('the child is gone', () => statOf(child) === undefined);
  });

  test('tells which signal ended it', async () => {
    await using program = shell('echo here; read _');
    await program.line();
    assert.equal(await program.end('SIGTERM'), 'SIGTERM');
    assert.equal(await program.exit(), 'SIGTERM');
  });
});
