import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ISOLATION_NAMES } from '../../protocol/messages.ts';
import { takeNetwork } from '../../testing/host-network.ts';
import { Reader, TEST_LABS, serve } from '../testing/reader.ts';
import { awaitConnection, awaitReady, listenText, type Watch } from './start-watch.ts';
import { LIMIT } from '../../testing/patience.ts';

for (const READABLE_ISOLATION of ISOLATION_NAMES) {
  suite(`a run that does not come up says why, isolated by ${READABLE_ISOLATION}`, () => {
    test('a program that is not ready: which, for what text, and who listens', LIMIT, async () => {
      await using _network = await takeNetwork(READABLE_ISOLATION);
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
      await using _network = await takeNetwork(READABLE_ISOLATION);
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

test('what comes too late is said once, and with the terminal where a file runs in two', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told: string[] = [];
  let over = 0;
  const awaited = { name: 'second', file: 'beside.ts', text: 'here' };
  const watch = awaitReady(
    awaited,
    () => over++,
    (message) => told.push(message),
    () => Promise.resolve('No program of this run listens anywhere.'),
  );
  t.mock.timers.tick(4999);
  assert.deepEqual(told, []);
  t.mock.timers.tick(1);
  await setImmediate();
  const expected =
    'beside.ts (“second”) has not printed “here” in 5 s, and clients wait for that. ' +
    'It has printed nothing. No program of this run listens anywhere.';
  assert.deepEqual(told, [expected]);
  watch.printed?.(Buffer.from('he'));
  watch.printed?.(Buffer.from('re\n'));
  assert.equal(over, 1);
  void watch.ended();
  t.mock.timers.tick(60_000);
  await setImmediate();
  assert.deepEqual([over, told.length], [1, 1]);
});

test('an edited program that never says so is ready once it listens', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const told: string[] = [];
  let [over, address]: [number, string | undefined] = [0, undefined];
  awaitReady(
    {
      ...{ name: 'server', file: 'server.ts', text: 'Listening' },
      listens: () => Promise.resolve(address),
    },
    () => over++,
    (message) => told.push(message),
    () => Promise.resolve(''),
  );
  const look = async (): Promise<void> => {
    t.mock.timers.tick(1000);
    await setImmediate();
  };
  await look();
  await look();
  assert.deepEqual([over, told], [0, []]);
  address = '127.0.0.1:9876';
  await look();
  const words =
    'server.ts has not printed “Listening”, but it listens on 127.0.0.1:9876, so clients connect.';
  assert.deepEqual([over, told], [1, [words]]);
  for (let more = 0; more < 10; more++) await look();
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

/** What is told of a program that has printed these chunks and is not ready. */
async function toldOf(context: TestContext, ...chunks: readonly Buffer[]): Promise<string> {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let told = '';
  const awaited = { name: 'server', file: 'server.ts', text: 'never said' };
  const watch = awaitReady(
    awaited,
    () => {},
    (message) => (told += message),
    () => Promise.resolve(''),
  );
  for (const chunk of chunks) watch.printed?.(chunk);
  context.mock.timers.tick(5000);
  await setImmediate();
  const [, quoted = told] = /It has printed: “(.*)”/su.exec(told) ?? [];
  void watch.ended();
  context.mock.timers.reset();
  return quoted;
}

test('what a program printed is repeated as one line of text, whatever it printed', async (t) => {
  const [first, second] = [Buffer.from('Grüße').subarray(0, 3), Buffer.from('Grüße').subarray(3)];
  assert.equal(await toldOf(t, first, second), 'Grüße');
  const steering =
    '\u001b[2J\u001b]0;title\u0007\u001b[1;31mred\u001b[0m\r\n\n\tand\u0008 \u009b2Jmore\r\n';
  assert.equal(await toldOf(t, Buffer.from(steering)), 'red and more');
  assert.equal(await toldOf(t, Buffer.from('a\u202etxt.exe\u2067b')), 'a txt.exe b');
  const long = await toldOf(t, Buffer.from('😀'.repeat(5000)));
  assert.equal(long, `…${'😀'.repeat(200)}`);
  // Each letter in a colour of its own: where the rest is cut off, none is cut in two.
  const coloured = Buffer.from('\u001b[38;5;123mx'.repeat(1000));
  for (const shift of ['', '1', '12', '123', '1234', '12345']) {
    assert.match(await toldOf(t, coloured, Buffer.from(shift)), /^x+\d*$/);
  }
});

test('the start of a client is over once, however it goes on', async () => {
  const told: string[] = [];
  let over = 0;
  const started = (): Watch =>
    awaitConnection(
      'alice',
      '127.0.0.1:1',
      () => over++,
      (message) => told.push(message),
      () => Promise.resolve('No program of this run listens anywhere.'),
    );
  const connected = started();
  connected.connected?.();
  await connected.ended();
  assert.deepEqual([over, told], [1, []]);
  await started().ended();
  assert.equal(over, 2);
  assert.deepEqual(told, [
    'alice could not connect to 127.0.0.1:1. No program of this run listens anywhere.',
  ]);
});
