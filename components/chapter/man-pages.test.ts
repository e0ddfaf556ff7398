import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manPageAddress, readManPages } from './man-pages.ts';

const KNOWN = readManPages('# select(9) is a remark\n2 accept select\n2 socket\n7 tcp\n');

test('a list of pages is read, section by section', () => {
  assert.deepEqual([...KNOWN], ['accept(2)', 'select(2)', 'socket(2)', 'tcp(7)']);
});

test('a page is read where man7.org has it', () => {
  assert.equal(
    manPageAddress('select(2)', KNOWN),
    'https://man7.org/linux/man-pages/man2/select.2.html',
  );
});

test('a page that there is not is refused, with the way to cite one', () => {
  for (const page of ['select(3)', 'slect(2)', 'select', '(2)', 'man2/select(2)', 'select(22)']) {
    assert.throws(() => manPageAddress(page, KNOWN), /is not in .*man-pages\.txt.*select\(2\)/);
  }
});
