import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ISOLATION_NAMES } from '../../protocol/messages.ts';
import { Reader, TEST_LABS, serve } from '../testing/reader.ts';
import { awaitReady, listenText } from './start-watch.ts';

const LIMIT = { timeout: 60_000 };

for (const READABLE_ISOLATION of ISOLATION_NAMES) {
  suite(`a run that does not come up says why, isolated by ${READABLE_ISOLATION}`, () => {
    test('a program that is not ready: which, for what text, and who listens', LIMIT, async () => {
      await using server = await serve(TEST_LABS, { READABLE_ISOLATION });
      const reader = await Reader.start(server.port, 'unready');
      const { message } = await reader.message('error');
      assert.equal(
        message,
        'server.ts has not printed “Listening” in 5 s, and clients wait for that. ' +
          'It has printed: “Ich höre auf 9876”. “server” listens on 127.0.0.1:9876.',
      );
      // It may still come.
      assert.equal(reader.closed, undefined);
    });

    test('a port that nobody listens on: which, and where they do', LIMIT, async () => {
      await using server = await serve(TEST_LABS, { READABLE_ISOLATION });
      const reader = await Reader.start(server.port, 'elsewhere');
      const { message, seq } = await reader.message('error');
      assert.equal(
        message,
        'alice could not connect to 127.0.0.1:9876. “server” listens on 127.0.0.1:9877.',
      );
      const ended = await reader.message('ended');
      assert.ok(ended.seq > seq, 'the reason comes before the end');
    });
  });
}

test('a program that ends before it is ready says so at once', LIMIT, async () => {
  await using server = await serve(TEST_LABS);
  const reader = await Reader.start(server.port, 'crash');
  const { message } = await reader.message('error');
  assert.equal(message, 'server.ts ended before it printed “never said”.');
  const end = { kind: 'exited', code: 1 };
  assert.deepEqual(await reader.end(), { kind: 'finished', end });
});

test('what comes too late is said once, and with the terminal where a file runs in two', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told: string[] = [];
  let over = 0;
  const awaited = { name: 'second', file: 'beside.ts', text: 'here' };
  const watch = awaitReady(
    awaited,
    () => over++,
    (message) => told.push(message),
    () => 'No program of this run listens anywhere.',
  );
  t.mock.timers.tick(4999);
  assert.deepEqual(told, []);
  t.mock.timers.tick(1);
  const expected =
    'beside.ts (“second”) has not printed “here” in 5 s, and clients wait for that. ' +
    'It has printed nothing. No program of this run listens anywhere.';
  assert.deepEqual(told, [expected]);
  watch.printed?.(Buffer.from('he'));
  watch.printed?.(Buffer.from('re\n'));
  assert.equal(over, 1);
  watch.ended();
  t.mock.timers.tick(60_000);
  assert.deepEqual([over, told.length], [1, 1]);
});

test('where programs listen is a sentence, however many addresses there are', () => {
  const addresses = Array.from({ length: 1900 }, (_, index) => `127.0.0.1:${10_000 + index}`);
  assert.equal(listenText(new Map([['server', []]])), 'No program of this run listens anywhere.');
  assert.equal(
    listenText(
      new Map([
        ['server', addresses.slice(0, 2)],
        ['beside', addresses],
      ]),
    ),
    '“server” listens on 127.0.0.1:10000 and 127.0.0.1:10001, “beside” listens on 127.0.0.1:10000, ' +
      '127.0.0.1:10001, 127.0.0.1:10002, 127.0.0.1:10003 and 1896 more.',
  );
});
