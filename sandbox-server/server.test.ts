/** What an operator sees of the real server: its log, its readiness, and how it ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import * as z from 'zod';
import { Reader } from './testing/reader.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { until } from '../testing/until.ts';

const readiness = z.object({ status: z.string() });

/** The status of the answer, how it is in a word, and the number of free places. */
async function ready(server: ServerProcess): Promise<readonly [number, string, string | null]> {
  const answer = await server.get('readyz');
  const { status } = readiness.parse(await answer.json());
  return [answer.status, status, answer.headers.get('Readable-Free-Places')];
}

const DIFFERS = new Set(['time', 'event', 'session', 'ms', 'pid', 'node']);

/** Everything that the log says of one kind, without what differs from run to run. */
function events(server: ServerProcess, kind: string): Record<string, unknown>[] {
  return server.log
    .filter(({ event }) => event === kind)
    .map((line) => {
      assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      assert.ok(
        line['ms'] === undefined || (Number.isInteger(line['ms']) && Number(line['ms']) > 0),
      );
      return Object.fromEntries(Object.entries(line).filter(([name]) => !DIFFERS.has(name)));
    });
}

const LOGGED = { READABLE_LOG: 'json', READABLE_ISOLATION: 'bubblewrap' };

suite('the log', () => {
  test('tells of a start, runs, refusals, a limit and the end, and of nothing a reader typed', async () => {
    const environment = {
      ...{ ...LOGGED, READABLE_SESSIONS: '1', READABLE_QUEUE: '0', READABLE_OUTPUT_LIMIT: '4000' },
      ...{ READABLE_PROXY: '127.0.0.1', READABLE_SESSION: '5' },
    };
    await using server = await ServerProcess.start({ environment });
    const reader = await Reader.start(server.port, 'echo-listener', undefined, {
      'X-Forwarded-For': '198.51.100.1, 203.0.113.7',
    });
    await reader.connected('alice');
    assert.deepEqual(await ready(server), [503, 'full', '0']);
    reader.type('alice', 'a secret\n');
    await reader.shows('alice', 'a secret', 2);
    const second = await Reader.start(server.port, 'echo-listener');
    assert.equal((await second.end()).kind, 'no-room');
    const stranger = new Reader(server.port, 'http://evil.example');
    // The stranger’s page, which has to ask why, is told by the same name.
    const door = await server.get('session?origin=http://evil.example');
    assert.deepEqual(await door.json(), { refuses: 'origin', edits: null });
    reader.type('alice', `${'x'.repeat(3000)}\n`);
    await reader.end();
    const third = await Reader.start(server.port, 'no-such-lab');
    await third.end();
    assert.deepEqual(await ready(server), [200, 'ready', '1']);
    server.signal('SIGINT');
    assert.equal(await server.end(), 0);
    await stranger.until('the refusal', () => stranger.closed !== undefined);

    const begun = { lab: 'echo-listener', address: '203.0.113.7', used: 1 };
    assert.deepEqual(events(server, 'start'), [
      { url: server.url, isolation: 'bubblewrap', capacity: 1 },
    ]);
    assert.deepEqual(events(server, 'run-begun'), [begun]);
    assert.deepEqual(events(server, 'limit'), [{ limit: 'output', most: 4000 }]);
    assert.deepEqual(events(server, 'run-ended'), [
      { lab: 'echo-listener', reason: 'output-limit' },
    ]);
    assert.deepEqual(events(server, 'refused'), [
      { why: 'full', address: '127.0.0.1' },
      { why: 'origin', address: '127.0.0.1', detail: 'evil.example' },
      { why: 'lab', address: '127.0.0.1' },
    ]);
    assert.deepEqual(events(server, 'stop'), [{ signal: 'SIGINT' }]);
    assert.match(JSON.stringify(events(server, 'warning')), /READABLE_SESSIONS\?/);
    const [, ...sessions] = new Set(server.log.map(({ session }) => session));
    assert.equal(sessions.length, 1);
    assert.doesNotMatch(server.said, /secret|no-such-lab/);
  });

  test('as text by default, after the lines for people; silent on demand', async () => {
    await using talking = await ServerProcess.start();
    await Reader.roundTrip(talking.port, 'echo-listener');
    talking.signal('SIGINT');
    await talking.end();
    assert.match(talking.said, /^\S+ start url=\S+ .*\nReadable is at http/m);
    assert.match(talking.said, / run-begun .*\n\S+ run-ready .*\n\S+ run-ended .*reason=stopped/);
    await using quiet = await ServerProcess.start({ environment: { READABLE_LOG: 'silent' } });
    await Reader.roundTrip(quiet.port, 'echo-listener');
    quiet.signal('SIGINT');
    await quiet.end();
    assert.match(quiet.said, /^Readable is at http/m);
    assert.doesNotMatch(quiet.said, /run-begun|start url/);
  });
});

suite('draining', () => {
  test('tells readers, takes no new session, and ends when none is left', async () => {
    const environment = { ...LOGGED, READABLE_DRAIN: '3000' };
    await using server = await ServerProcess.start({ environment });
    const early = new Reader(server.port);
    await once(early.socket, 'open');
    const reader = await Reader.start(server.port, 'echo-listener');
    await reader.connected('alice');
    server.signal('SIGTERM');
    await reader.message('error', ({ message }) =>
      message.includes('The server is being restarted: this run ends in 3000 seconds.'),
    );
    assert.deepEqual(await ready(server), [503, 'draining', '0']);
    assert.equal((await server.get('')).status, 200);
    assert.equal((await server.get('healthz')).status, 200);
    // Neither on a socket that was open before, nor on a new one.
    const late = await Reader.start(server.port, 'echo-listener');
    early.startLab('echo-listener');
    for (const refused of [early, late]) {
      assert.match(JSON.stringify(await refused.end()), /no-room.*being restarted/);
    }
    // Those who have a run may finish it.
    reader.type('alice', 'still here\n');
    await reader.shows('alice', 'still here', 2);
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
    assert.equal(await server.end(), 0);
    assert.deepEqual(events(server, 'drain'), [{ seconds: 3000, runs: 1 }]);
    assert.deepEqual(events(server, 'stop'), [{ signal: 'SIGTERM' }]);
  });

  test('ends the runs that are left when its time is over', async () => {
    await using server = await ServerProcess.start({ environment: { READABLE_DRAIN: '1' } });
    const reader = await Reader.start(server.port, 'echo-listener');
    await reader.connected('alice');
    server.signal('SIGTERM');
    await reader.message('error', ({ message }) => message.includes('ends in 1 second.'));
    assert.deepEqual(await reader.end(), { kind: 'shutdown' });
    assert.equal(await server.end(), 0);
  });

  for (const [seconds, signals] of [
    ['0', ['SIGTERM']],
    ['3000', ['SIGTERM', 'SIGINT']],
    ['3000', ['SIGINT']],
  ] as const) {
    test(`of ${seconds} s is none after ${signals.join(' and ')}`, async () => {
      await using server = await ServerProcess.start({ environment: { READABLE_DRAIN: seconds } });
      const reader = await Reader.start(server.port, 'echo-listener');
      await reader.connected('alice');
      for (const signal of signals) server.signal(signal);
      assert.deepEqual(await reader.end(), { kind: 'shutdown' });
      assert.equal(await server.end(), 0);
    });
  }

  test('goes on when a supervisor’s SIGTERM comes by two ways', async () => {
    const environment = { ...LOGGED, READABLE_DRAIN: '3000' };
    await using server = await ServerProcess.start({ environment });
    const reader = await Reader.start(server.port, 'echo-listener');
    await reader.connected('alice');
    server.signal('SIGTERM');
    server.signal('SIGTERM');
    await until('it drains', () => events(server, 'drain').length > 0);
    server.signal('SIGTERM');
    reader.type('alice', 'still here\n');
    await reader.shows('alice', 'still here', 2);
    server.signal('SIGHUP');
    assert.deepEqual(await reader.end(), { kind: 'shutdown' });
    assert.equal(await server.end(), 0);
  });
});
