/** Crowds in real sandboxes: what becomes of servers, and what is told. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CONTENT } from '../../project.ts';
import { findBelow, footprint, leftovers } from '../../testing/leftovers.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import type { CrowdState } from '../../protocol/crowd-feed.ts';
import type { Gauge, IsolationName } from '../../protocol/messages.ts';
import type { LogEvent } from '../log.ts';
import { Reader, TEST_LABS, serve } from '../testing/reader.ts';

const CROWD = 'guest/crowd.ts';

function order(reader: Reader, count: number, talks = false): void {
  reader.say({ type: 'crowd', count, talks });
}

/** Waits until the crowd is so. */
async function is(reader: Reader, fits: (state: CrowdState) => boolean): Promise<CrowdState> {
  const found = await reader.message('crowd', ({ state }) => state !== null && fits(state));
  if (!found.state) throw new Error('there is no crowd');
  return found.state;
}

/** Waits until a crowd has gone. */
function gone(reader: Reader): Promise<unknown> {
  return reader.message('crowd', ({ state }) => state === null);
}

function measures(
  reader: Reader,
  gauge: Gauge,
  fits: (value: number) => boolean,
): Promise<unknown> {
  return reader.message('gauges', ({ figures }) => fits(figures[gauge] ?? NaN));
}

const ISOLATED: readonly IsolationName[] = ['bubblewrap', 'unshare'];

suite('a crowd', () => {
  for (const READABLE_ISOLATION of ISOLATED) {
    test(
      `of a server on events: all come, and nothing happens, by ${READABLE_ISOLATION}`,
      LIMIT,
      async () => {
        await using server = await serve(CONTENT, { READABLE_ISOLATION }, 'rot13-event');
        const reader = await Reader.start(server.port, 'rot13-event');
        await reader.message('ready');
        order(reader, 1000, true);
        await is(reader, ({ connected, answered }) => connected === 1000 && answered > 1000);
        await measures(reader, 'descriptors', (value) => value > 1000);
        assert.equal(
          reader.messages.findLast(({ type }) => type === 'error'),
          undefined,
        );
        await reader.connected('alice');
        reader.type('alice', 'still there\n');
        await reader.shows('alice', 'fgvyy gurer');
        // One crowd at a time, which becomes smaller, and goes.
        order(reader, 10);
        await is(reader, ({ connected, wanted }) => wanted === 10 && connected === 10);
        assert.equal(findBelow(process.pid, CROWD).length > 0, true);
        order(reader, 0);
        await gone(reader);
        assert.deepEqual(findBelow(process.pid, CROWD), []);
        // There may be another then.
        const before = reader.messages.length;
        order(reader, 10);
        await reader.until('another', () =>
          reader.messages
            .slice(before)
            .some((message) => message.type === 'crowd' && message.state?.connected === 10),
        );
      },
    );
  }

  test(
    'of a server that forks: the kernel refuses, the program says so, and all goes on',
    LIMIT,
    async () => {
      const events: LogEvent[] = [];
      const log = { write: (event: LogEvent) => void events.push(event) };
      await using server = await serve(CONTENT, {}, 'rot13-fork', log);
      const reader = await Reader.start(server.port, 'rot13-fork');
      await reader.message('ready');
      order(reader, 300);
      const { connected, closed } = await is(
        reader,
        ({ connected, closed, failed }) => connected + closed + failed === 300,
      );
      assert.ok(connected > 100 && closed > 100, `${connected} connected, ${closed} closed`);
      await reader.shows('server', 'fork: Resource temporarily unavailable', 100);
      await measures(reader, 'processes', (value) => value > connected);
      await measures(reader, 'memory', (value) => value > 60_000_000);
      await reader.connected('alice', 'bob');
      reader.type('bob', 'and I\n');
      await reader.shows('bob', 'naq V');
      order(reader, 0);
      await gone(reader);
      // An operator learns how many were asked for, and how many the server program took.
      const told = events.flatMap((event) => (event.event === 'crowd' ? [event] : []));
      const { session, kept } = told[0] ?? {};
      assert.deepEqual(told, [{ event: 'crowd', session, lab: 'rot13-fork', asked: 300, kept }]);
      assert.ok(kept !== undefined && kept >= connected && kept < 300, String(kept));
      assert.ok(events.some((event) => event.event === 'run-begun' && event.session === session));
      reader.say({ type: 'stop' });
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
    },
  );

  test(
    'of a server with threads: no more are made, the program says so, and all goes on',
    LIMIT,
    async () => {
      await using server = await serve(CONTENT, { READABLE_WARM: '1' }, 'rot13-threads');
      await until('the stock is full', () => server.service.stock.size === 1);
      const reader = await Reader.start(server.port, 'rot13-threads');
      await reader.message('ready');
      order(reader, 100);
      await is(reader, ({ connected, closed }) => connected + closed === 100 && closed > 50);
      await reader.shows('server', 'EAGAIN', 50);
      await reader.connected('alice');
      reader.type('alice', 'hello\n');
      await reader.shows('alice', 'uryyb');
    },
  );

  test('that takes more memory than a run has ends the run, which says so', LIMIT, async () => {
    await using server = await serve(CONTENT, { READABLE_MEMORY: '150' }, 'rot13-fork');
    const reader = await Reader.start(server.port, 'rot13-fork');
    await reader.message('ready');
    order(reader, 1000);
    const end = await reader.end();
    assert.deepEqual(end, { kind: 'budget', resource: 'memory', most: 150 * 1024 * 1024 });
  });

  test('lives through whatever it is answered, and ends with its run', LIMIT, async () => {
    await using server = await serve(TEST_LABS, {}, 'mob');
    using before = footprint(process.pid);
    const reader = await Reader.start(server.port, 'mob');
    await reader.message('ready');
    order(reader, 100, true);
    await is(reader, (state) => {
      return state.connected + state.closed + state.failed === 100 && state.answered > 100_000;
    });
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
    assert.deepEqual(leftovers(before), []);
  });

  test('takes only so many orders in a time, and goes on', LIMIT, async () => {
    await using server = await serve(CONTENT, {}, 'rot13-event');
    const reader = await Reader.start(server.port, 'rot13-event');
    await reader.message('ready');
    await reader.connected('alice');
    for (let count = 1; count <= 200; count++) order(reader, count);
    await reader.message('error', ({ message }) => message.includes('too many orders'));
    // By now all of these have been heard.
    reader.type('alice', 'still there\n');
    await reader.shows('alice', 'fgvyy gurer');
    const { wanted } = await is(reader, ({ connected }) => connected > 0);
    assert.ok(wanted < 200, `${wanted} wanted`);
    const states = (): number => reader.messages.filter(({ type }) => type === 'crowd').length;
    for (let wants = wanted; wants !== 5;) {
      const before = states();
      order(reader, 5);
      await reader.until('how the crowd is', () => states() > before + 1);
      const last = reader.messages.findLast((message) => message.type === 'crowd');
      wants =
        last && 'state' in last && last.state && 'wanted' in last.state ? last.state.wanted : wants;
    }
    await is(reader, (state) => state.wanted === 5 && state.connected === 5);
  });

  test(
    'is refused where a lab has none, before the server listens, and without memory',
    LIMIT,
    async () => {
      await using tests = await serve(TEST_LABS);
      const other = await Reader.start(tests.port, 'quitter');
      await other.message('ready');
      order(other, 10);
      await other.message('error', ({ message }) => message.includes('has no crowd'));
      await using server = await serve(CONTENT, {}, 'rot13-event');
      const reader = await Reader.start(server.port, 'rot13-event');
      await reader.message('welcome');
      order(reader, 10);
      await reader.message('error', ({ message }) => message.includes('is not listening'));
      await reader.message('ready');
      // Nobody is sent away who is not here.
      order(reader, 0);
      order(reader, 1001);
      await reader.message('error', ({ message }) => message.includes('not as the protocol says'));
      const { capacity } = server.service;
      const some = 32 * 1024 * 1024;
      let taken = 0;
      while (capacity.grow(some) === undefined) taken += some;
      order(reader, 10);
      await reader.message('error', ({ message }) => message.includes('All memory is set aside'));
      capacity.release(taken);
      reader.say({ type: 'stop' });
      await reader.end();
    },
  );

  test('whose server ends sees it, and does not keep the run', LIMIT, async () => {
    await using server = await serve(CONTENT, {}, 'rot13-event');
    const reader = await Reader.start(server.port, 'rot13-event');
    await reader.message('ready');
    order(reader, 20);
    await is(reader, ({ connected }) => connected === 20);
    reader.type('server', '\x03');
    assert.equal((await reader.end()).kind, 'finished');
    assert.deepEqual(findBelow(process.pid, CROWD), []);
  });
});
