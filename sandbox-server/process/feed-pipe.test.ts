import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { Allowance } from '../allowance.ts';
import { followFeed } from './feed-pipe.ts';
import { ROOT } from '../../project.ts';
import { until } from '../../testing/until.ts';

/**
 * A feed whose clocks move by what hearing a line takes, and when they are moved.
 * @param wait for how long a line waits for a processor
 */
function feed(costOfLine: number, { most = Infinity, wait = 0 } = {}) {
  const pipe = new PassThrough({ highWaterMark: 1 << 30 });
  const lines: string[] = [];
  let dropped = 0;
  let skipped = 0;
  let closed = 0;
  let left = most;
  const clock = { now: 0, worked: 0 };
  followFeed(
    pipe,
    {
      hearing: new Allowance(100, 50, 0),
      line: (line) => {
        clock.worked += costOfLine;
        clock.now += costOfLine + wait;
        lines.push(line);
      },
      tooLong: () => {},
      takes: (bytes) => (left -= bytes) >= 0,
      dropped: () => dropped++,
      skipped: (bytes) => (skipped += bytes),
      closed: () => closed++,
    },
    { now: () => clock.now, worked: () => clock.worked },
  );
  return {
    pipe,
    lines,
    clock,
    dropped: () => dropped,
    skipped: () => skipped,
    closed: () => closed,
  };
}

suite('a feed', () => {
  test('gives every line of a program whose lines take little time', async () => {
    const { pipe, lines, dropped } = feed(0.01);
    for (let index = 0; index < 1000; index++) pipe.write(`line ${index}\n`);
    await until('all lines', () => lines.length === 1000);
    assert.equal(dropped(), 0);
  });

  test('gives them all on a computer that is too busy to hear them at once', async () => {
    const { pipe, lines, dropped } = feed(0.01, { wait: 1000 });
    for (let index = 0; index < 1000; index++) pipe.write(`line ${index}\n`);
    pipe.write('line by line\n'.repeat(1000));
    await until('all lines', () => lines.length === 2000);
    assert.equal(dropped(), 0);
  });

  test('leaves lines out when they take too long, says so once, and gives whole ones again later', async () => {
    const { pipe, lines, clock, dropped, skipped } = feed(1);
    const flood = Buffer.from('a line of a flood\n'.repeat(10));
    for (let index = 0; index < 100; index++) pipe.write(flood);
    const cut = 'a line that is c';
    pipe.write(cut);
    await until('all is read', () => pipe.readableLength === 0);
    assert.equal(dropped(), 1);
    // A hundred at once, and what came back of the time while they took theirs.
    assert.ok(lines.length >= 100 && lines.length < 250, `${lines.length} lines`);
    assert.deepEqual([...new Set(lines)], ['a line of a flood']);
    // What was not given is told.
    const given = (lines.length / 10) * flood.length;
    assert.equal(skipped(), 100 * flood.length + cut.length - given);
    clock.now += 60_000;
    const count = lines.length;
    pipe.write('ut\nwhole again\n');
    await until('another line', () => lines.length > count);
    assert.deepEqual(lines.slice(count), ['whole again']);
  });

  test('is closed when more has come than may in all', async () => {
    const { pipe, lines, closed } = feed(0, { most: 1000 });
    pipe.write(`${'x'.repeat(499)}\n`);
    pipe.write(`${'y'.repeat(499)}\n`);
    await until('both lines', () => lines.length === 2);
    assert.ok(!pipe.destroyed);
    pipe.write('z\n');
    await until('its end', () => pipe.destroyed);
    assert.equal(closed(), 1);
    assert.equal(lines.length, 2);
  });

  test('says so once, though more of it has been read already', () => {
    const { pipe, closed } = feed(0, { most: 10 });
    for (let index = 0; index < 5; index++) pipe.emit('data', Buffer.from('a line too many\n'));
    assert.equal(closed(), 1);
  });

  test('that is closed lets its program go on', async () => {
    const library = join(ROOT, 'libevent', 'sys', 'index.ts');
    const script = `
      const { fcntl } = await import(${JSON.stringify(library)});
      for (let call = 0; call < 2000; call++) fcntl(1, 1);
      console.log('went on');`;
    const program = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      env: { ...process.env, READABLE_TRACE_FD: '3' },
    });
    const pipe = program.stdio[3];
    assert.ok(pipe instanceof Readable && program.stdout);
    let left = 10_000;
    let closed = 0;
    followFeed(pipe, {
      hearing: new Allowance(1e9, 1, performance.now()),
      line() {},
      tooLong: () => assert.fail('no line is too long'),
      takes: (bytes) => (left -= bytes) >= 0,
      dropped: () => assert.fail('there is time for all of it'),
      skipped: () => assert.fail('there is time for all of it'),
      closed: () => closed++,
    });
    assert.equal(await text(program.stdout), 'went on\n');
    assert.equal(closed, 1);
  });

  test('is not taken at all above a higher rate, so that the program waits', async () => {
    const { pipe } = feed(0);
    for (let index = 0; index < 20; index++) pipe.write(Buffer.alloc(1024 * 1024));
    await until('a pause', () => pipe.isPaused());
    assert.ok(pipe.readableLength > 0);
    pipe.destroy();
  });
});
