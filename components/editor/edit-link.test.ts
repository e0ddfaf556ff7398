import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { editIn, fragmentFor, LinkError, readEdits } from './edit-link.ts';

function coded(value: unknown): string {
  return deflateRawSync(JSON.stringify(value)).toString('base64url');
}

test('versions come out of a link as they went in', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });
  const edits = fc.array(
    fc.record({ file: fc.constantFrom('server.ts', 'a-2.ts'), text }, { noNullPrototype: true }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(edits, async (given) => {
      const fragment = await fragmentFor('echo-listener', given);
      assert.match(fragment, /^lab-echo-listener&edit=[\w-]+$/);
      const code = editIn(`#${fragment}`, 'echo-listener');
      assert.deepEqual(await readEdits(code ?? ''), given);
      assert.equal(editIn(`#${fragment}`, 'echo'), undefined);
    }),
    { numRuns: 50 },
  );
});

test('a link that some browser would not take is not made', async () => {
  const text = Array.from({ length: 60_000 }, () => Math.random().toString(36)[2] ?? '').join('');
  const edits = ['a.ts', 'b.ts', 'c.ts'].map((file) => ({ file, text }));
  await assert.rejects(fragmentFor('echo-listener', edits), (error) => {
    assert.ok(error instanceof LinkError);
    assert.match(error.message, /^The link would have \d+,\d+ characters.* Download saves it\.$/);
    return true;
  });
});

test('a bomb is given up long before it has burst', async () => {
  const bomb = deflateRawSync(Buffer.alloc(45_000_000, ' ')).toString('base64url');
  assert.ok(bomb.length < 64_000, `${bomb.length} characters`);
  const before = process.memoryUsage().arrayBuffers;
  await assert.rejects(readEdits(bomb), /larger than any program may be/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 20_000_000);
});

test('anything else is refused in a sentence', async () => {
  const bad = [
    '',
    '!',
    'AAAA',
    'x'.repeat(64_001),
    coded(null),
    coded({ version: 2, edits: [{ file: 'server.ts', text: '' }] }),
    coded({ version: 1, edits: [] }),
    coded({ version: 1, edits: [{ file: '../server.ts', text: '' }] }),
    coded({ version: 1, edits: [{ file: 'server.ts', text: 'x'.repeat(65_537) }] }),
    coded({ version: 1, edits: Array(9).fill({ file: 'server.ts', text: '' }) }),
    coded({ version: 1, edits: [{ file: 'server.ts', text: '' }] }).slice(0, -3),
  ];
  for (const code of bad) await assert.rejects(readEdits(code), LinkError, code.slice(0, 40));
  await fc.assert(
    fc.asyncProperty(fc.base64String(), (code) => assert.rejects(readEdits(code), LinkError)),
  );
});
