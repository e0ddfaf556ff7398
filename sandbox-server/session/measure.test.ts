/** Programs are measured in a real sandbox, through the real WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import type { MeasureOrder, MeasureRecord } from '../../protocol/measure-feed.ts';
import { PROTOCOL_VERSION } from '../../protocol/messages.ts';
import { Reader, TEST_LABS, serve, type TestServer } from '../testing/reader.ts';
import { LIMIT } from '../../testing/patience.ts';

suite('a measurement in a sandbox', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    server = await serve(TEST_LABS);
  });
  after(() => server[Symbol.asyncDispose]());

  async function measure(lab: string, order?: MeasureOrder): Promise<Reader> {
    const reader = new Reader(server.port);
    await once(reader.socket, 'open');
    const size = { cols: 80, rows: 24 };
    reader.say({ type: 'start', version: PROTOCOL_VERSION, lab, measure: order, ...size });
    return reader;
  }

  /** All that it has told, once it has come to its end. */
  async function resultOf(reader: Reader): Promise<MeasureRecord[]> {
    const end = await reader.end();
    assert.deepEqual(end, { kind: 'finished', end: { kind: 'exited', code: 0 } });
    return reader.messages.flatMap((message) =>
      message.type === 'measured' ? [message.record] : [],
    );
  }

  test('servers, one after the other, with as many clients as were asked for', LIMIT, async () => {
    const reader = await measure('measured', { clients: 10, busy: 10 });
    const records = await resultOf(reader);
    const begun = records.flatMap((each) => (each.state === 'began' ? [each.series] : []));
    assert.deepEqual(begun, ['quitter', 'own']);
    assert.equal(records.at(-1)?.state, 'done');
    const served = records.flatMap((each) => (each.state === 'served' ? [each] : []));
    const [whole, own] = served.filter(({ final }) => final);
    assert.ok(whole && own, JSON.stringify(records));
    assert.deepEqual(
      [whole, own].map(({ series, connected }) => [series, connected]),
      [
        ['quitter', 10],
        ['own', 5],
      ],
    );
    for (const each of [whole, own]) {
      assert.deepEqual([each.clients, each.busy], [10, 10]);
      assert.ok(each.answers > 0 && each.middle > 0 && each.slowest >= each.middle);
      assert.ok(each.processor > 0 && each.threads > 0);
    }
    // It starts a child.
    assert.deepEqual([whole.processes, own.processes], [2, 1]);
    // The terminal has it in words.
    const shown = await reader.shows('server', 'answers/s', 2);
    assert.match(shown, /in pieces {2}10 clients \(5 served\), 10 % talk: [\d,]+ answers\/s/);
    assert.ok(!records.some(({ state }) => state === 'skipped'), 'a server told lies');
  });

  test('what a pass costs, as the program says; and why there is no figure', LIMIT, async () => {
    const records = await resultOf(await measure('passes', { clients: 1, busy: 10 }));
    const type = 'measure';
    assert.deepEqual(records, [
      { type, state: 'began', series: 'first' },
      { type, state: 'passed', series: 'first', busy: 10, descriptors: 10, micros: 10.5 },
      { type, state: 'passed', series: 'first', busy: 10, descriptors: 100, micros: 12 },
      { type, state: 'began', series: 'second' },
      {
        ...{ type, state: 'skipped', series: 'second' },
        why: 'The program ended with exit code 3. It said: There is no such way to wait.',
      },
      { type, state: 'done' },
    ]);
  });

  test('one at a time: another waits, and other runs do not', LIMIT, async () => {
    const first = await measure('passes');
    await first.message('welcome');
    const second = await measure('passes');
    const { measuring } = await second.message('queued');
    assert.equal(measuring, true);
    await Reader.roundTrip(server.port);
    await resultOf(first);
    await second.message('welcome');
    await resultOf(second);
  });

  test('nothing that is not offered is measured', LIMIT, async () => {
    const odd = await measure('measured', { clients: 11, busy: 10 });
    assert.deepEqual(await odd.end(), {
      kind: 'refused',
      message: 'This lab measures no such number of clients, or of clients that talk.',
    });
    const other = await measure('quitter', { clients: 10, busy: 10 });
    assert.deepEqual(await other.end(), {
      kind: 'refused',
      message: 'This lab is no measurement, so there is nothing to measure.',
    });
  });

  test('of a server that ends while its clients talk it is told that it has', LIMIT, async () => {
    await using edited = await serve(TEST_LABS, { READABLE_ISOLATION: 'bubblewrap' });
    const reader = new Reader(edited.port);
    await once(reader.socket, 'open');
    const text = `
      import { createServer } from 'node:net';
      const socketOf = (socket) => {
        let lines = 0;
        socket.on('data', (line) => (++lines > 100 ? process.exit(3) : socket.write(line)));
      };
      createServer(socketOf).listen(9877, '127.0.0.1', () => console.log('Listening'));`;
    const size = { cols: 80, rows: 24 };
    const order = { clients: 1, busy: 1 };
    const edits = [{ file: 'server.ts', text }];
    const what = { version: PROTOCOL_VERSION, lab: 'measured', measure: order, edits };
    reader.say({ type: 'start', ...what, ...size });
    const own = (await resultOf(reader)).filter(
      (record) => record.state !== 'done' && record.series === 'own',
    );
    const last = own.at(-1);
    assert.ok(last?.state === 'skipped', JSON.stringify(own));
    assert.match(last.why, /^It lost all its clients\. /);
    assert.ok(own.every((record) => record.state !== 'served' || !record.final));
  });

  test('nobody else can connect, and it can be stopped', LIMIT, async () => {
    const reader = await measure('measured');
    await reader.message('measured');
    reader.say({ type: 'connect', cols: 80, rows: 24 });
    const { message } = await reader.message('error');
    assert.equal(message, 'A measurement brings its own clients.');
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
  });
});
