import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientMessageSchema, MAX_EDIT, MAX_EDITS, type Edit } from '../protocol/messages.ts';
import { editableFiles, editProblem } from './edits.ts';

const FILES = ['server.ts', 'client.ts'];

function edit(text: string, file = 'server.ts'): Edit {
  return { file, text };
}

/** Whether the protocol has these edits. */
function isTaken(edits: readonly Edit[]): boolean {
  const start = { type: 'start', version: 1, lab: 'a', edits, cols: 80, rows: 24 };
  return clientMessageSchema.safeParse(start).success;
}

test('the files that may be edited are those of the programs, each once, the server’s first', () => {
  const programs = ['client.ts', 'server.ts', 'client.ts'].map((program) => ({ program }));
  assert.deepEqual(editableFiles({ server: { program: 'server.ts' }, programs }), FILES);
});

test('what the server would not take is said before it is sent, and only that', () => {
  const many = Array.from({ length: MAX_EDITS + 1 }, (_, index) => edit('', `a${index}.ts`));
  const refused: [readonly Edit[], string][] = [
    [[edit('x'.repeat(70 * 1024))], 'server.ts has 70 KiB; an edit may have 64.'],
    [[edit('x'.repeat(MAX_EDIT + 1))], 'server.ts has 64.1 KiB; an edit may have 64.'],
    [[edit('é'.repeat(MAX_EDIT / 2 + 1))], 'server.ts has 64.1 KiB; an edit may have 64.'],
    [[edit('a'), edit('b')], 'There are two edits of server.ts; a run may have one.'],
    [many, 'There are edits of 9 files; a run may have 8.'],
    [
      [edit('a\r\nb\0')],
      'server.ts has a character in line 2 that is not shown, such as NUL. Remove it.',
    ],
  ];
  for (const [edits, problem] of refused) {
    assert.equal(editProblem(edits), problem);
    assert.equal(isTaken(edits), false, problem);
  }
  const taken = [[edit('x'.repeat(MAX_EDIT))], [edit('\t\r\n'), edit('é', 'client.ts')], []];
  for (const edits of taken) {
    assert.equal(editProblem(edits, FILES), undefined);
    assert.equal(isTaken(edits), true);
  }
});

test('a file that is no program of the lab is named, with those that are', () => {
  assert.equal(
    editProblem([edit('', 'servr.ts')], FILES),
    'servr.ts is not a program of this lab: edit server.ts or client.ts.',
  );
  for (const file of ['../lab.ts', 'a/b.ts', '.ts', 'lab.js', `${'a'.repeat(99)}.ts`]) {
    assert.equal(isTaken([edit('', file)]), false, file);
  }
});
