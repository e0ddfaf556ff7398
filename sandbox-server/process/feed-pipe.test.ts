import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { suite, test } from 'node:test';
import { followFeed } from './feed-pipe.ts';
import { until } from '../../testing/until.ts';

/** A feed whose clock stands still unless it is moved. */
function feed() {
  const pipe = new PassThrough({ highWaterMark: 1 << 30 });
  const lines: string[] = [];
  let dropped = 0;
  const clock = { now: 0 };
  followFeed(pipe, { line: (line) => lines.push(line), dropped: () => dropped++ }, () => clock.now);
  return { pipe, lines, clock, dropped: () => dropped };
}

suite('a feed', () => {
  test('gives every line of a program that calls at a bearable rate', async () => {
    const { pipe, lines, dropped } = feed();
    for (let index = 0; index < 1000; index++) pipe.write(`line ${index}\n`);
    await until('all lines', () => lines.length === 1000);
    assert.equal(dropped(), 0);
  });

  test('leaves lines out above a rate, says so once, and gives whole ones again afterwards', async () => {
    const { pipe, lines, clock, dropped } = feed();
    const flood = Buffer.from('a line of a flood\n'.repeat(1000));
    for (let index = 0; index < 100; index++) pipe.write(flood);
    await until('all is read', () => pipe.readableLength === 0);
    assert.equal(dropped(), 1);
    assert.ok(lines.length > 0 && lines.length < 40_000, `${lines.length} lines`);
    assert.deepEqual([...new Set(lines)], ['a line of a flood']);
    clock.now += 60_000;
    const count = lines.length;
    pipe.write('the rest of a line that was cut\nwhole again\n');
    await until('another line', () => lines.length > count);
    assert.deepEqual(lines.slice(count), ['whole again']);
  });

  test('is not taken at all above a higher rate, so that the program waits', async () => {
    const { pipe } = feed();
    for (let index = 0; index < 20; index++) pipe.write(Buffer.alloc(1024 * 1024));
    await until('a pause', () => pipe.isPaused());
    assert.ok(pipe.readableLength > 0);
    pipe.destroy();
  });
});
