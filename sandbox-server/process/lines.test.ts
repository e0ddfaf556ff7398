import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { lineSplitter } from './lines.ts';

function lines(longest: number, ...chunks: string[]): string[] {
  const all: string[] = [];
  const take = lineSplitter(longest, (line) => all.push(line));
  for (const chunk of chunks) take(Buffer.from(chunk));
  return all;
}

suite('lines', () => {
  test('come out whole, whatever chunks they came in', () => {
    assert.deepEqual(lines(99, 'one\ntwo\n', 'th', 're', 'e\n\nfi', 've'), [
      'one',
      'two',
      'three',
      '',
    ]);
  });

  test('that are too long are dropped, in one chunk or in many', () => {
    assert.deepEqual(lines(3, 'abc\nabcd\nab\n'), ['abc', 'ab']);
    assert.deepEqual(lines(3, 'ab', 'cd', 'ef', '\nab', 'c\n'), ['abc']);
  });

  test('that are too long are told of once each, before they end', () => {
    let told = 0;
    const take = lineSplitter(
      3,
      () => undefined,
      () => (told += 1),
    );
    const tell = (chunk: string): number => {
      take(Buffer.from(chunk));
      return told;
    };
    assert.deepEqual(['abcd\nabc\nabcd\n', 'ab', 'cd', 'ef', '\nabc', 'd\nx\n'].map(tell), [
      ...[2, 2, 3, 3, 3, 4],
    ]);
    take.skip();
    assert.equal(tell('the rest of it\nabcd\n'), 5);
  });

  test('that a chunk left out has cut are dropped, and the next is whole', () => {
    const all: string[] = [];
    const take = lineSplitter(99, (line) => all.push(line));
    take(Buffer.from('one\ntw'));
    take.skip();
    take(Buffer.from('ee\nfour\n'));
    assert.deepEqual(all, ['one', 'four']);
  });

  test('may have characters that a chunk cuts in two', () => {
    const bytes = Buffer.from('für\n');
    const all: string[] = [];
    const take = lineSplitter(99, (line) => all.push(line));
    for (const byte of bytes) take(Buffer.of(byte));
    assert.deepEqual(all, ['für']);
  });
});
