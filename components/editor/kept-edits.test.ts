import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_EDIT } from '../../protocol/messages.ts';
import { KeptEdits, type Shelf } from './kept-edits.ts';

/** A browser’s storage with room for so many characters. */
function shelf(room = Infinity): Shelf & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => {
      if (value.length > room) throw new Error('QuotaExceededError');
      items.set(key, value);
    },
    removeItem: (key) => void items.delete(key),
  };
}

const FILES = ['server.ts', 'crowd.ts'];
const KEY = 'readable:edit:echo-listener:server.ts';
const own = { text: 'mine();\n', original: 'book();\n' };

test('a version comes back as it was kept, for its own lab and file alone', () => {
  const kept = shelf();
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, original) => {
      assert.equal(new KeptEdits('a', FILES, kept).set('server.ts', { text, original }), 'kept');
      assert.deepEqual(new KeptEdits('a', FILES, kept).get('server.ts'), { text, original });
      assert.equal(new KeptEdits('a', FILES, kept).get('crowd.ts'), undefined);
      assert.equal(new KeptEdits('b', FILES, kept).get('server.ts'), undefined);
    }),
  );
});

test('a run takes every version that differs, and of no other file', () => {
  const kept = shelf();
  const edits = new KeptEdits('echo-listener', FILES, kept);
  edits.set('server.ts', own);
  edits.set('crowd.ts', { text: 'same', original: 'same' });
  new KeptEdits('echo-listener', ['secret.ts'], kept).set('secret.ts', own);
  assert.deepEqual(edits.edits(), [{ file: 'server.ts', text: own.text }]);
  edits.delete('server.ts');
  assert.deepEqual(edits.edits(), []);
});

test('whatever else is stored is no version', () => {
  const stored = [
    '',
    '{',
    'null',
    '[]',
    '{"version":2,"text":"a","original":"b"}',
    '{"version":1,"text":7,"original":"b"}',
    '{"version":1,"text":"a","original":"b","more":1}',
    JSON.stringify({ version: 1, text: 'x'.repeat(5 * MAX_EDIT), original: '' }),
  ];
  const kept = shelf();
  for (const text of stored) {
    kept.items.set(KEY, text);
    assert.equal(new KeptEdits('echo-listener', FILES, kept).get('server.ts'), undefined);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      kept.items.set(KEY, text);
      new KeptEdits('echo-listener', FILES, kept).edits();
    }),
  );
});

test('what cannot be stored lasts as long as the page, and it is said why', () => {
  const refused = new KeptEdits('echo-listener', FILES, undefined);
  assert.equal(refused.set('server.ts', own), 'refused');
  assert.deepEqual(refused.get('server.ts'), own);

  const full = new KeptEdits('echo-listener', FILES, shelf(10));
  assert.equal(full.set('server.ts', own), 'full');
  assert.deepEqual(full.edits(), [{ file: 'server.ts', text: own.text }]);

  const long = { text: 'x'.repeat(4 * MAX_EDIT + 1), original: '' };
  const edits = new KeptEdits('echo-listener', FILES, shelf());
  assert.equal(edits.set('server.ts', long), 'too-long');
  assert.deepEqual(edits.get('server.ts'), long);
});

test('a version that is only held goes before the stored one, and leaves it alone', () => {
  const kept = shelf();
  const edits = new KeptEdits('echo-listener', FILES, kept);
  edits.set('server.ts', own);
  edits.hold('server.ts', { text: 'theirs();\n', original: own.original });
  assert.equal(edits.get('server.ts')?.text, 'theirs();\n');
  assert.deepEqual(edits.stored('server.ts'), own);
  assert.deepEqual(new KeptEdits('echo-listener', FILES, kept).get('server.ts'), own);
});

test('a key of another tab names its file, and none names all', () => {
  const edits = new KeptEdits('echo-listener', FILES, shelf());
  assert.deepEqual(edits.filesOf(KEY), ['server.ts']);
  assert.deepEqual(edits.filesOf('readable:place'), []);
  assert.deepEqual(edits.filesOf(null), FILES);
});
