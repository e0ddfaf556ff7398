/** What the real server says at `/metrics`, and that the dashboard and the alerts ask for nothing else. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { ROOT } from '../../project.ts';
import { ServerProcess } from '../../testing/server-process.ts';
import { Reader } from '../testing/reader.ts';
import { Metrics } from './metrics.ts';
import { LIMIT } from '../../testing/patience.ts';

const TEST_SERVER = 'sandbox-server/testing/serve-test-labs.ts';
const MONITORING = join(ROOT, 'deploy', 'monitoring');

/** Samples by their names and labels, as they stand in the text. */
async function samples(server: ServerProcess): Promise<ReadonlyMap<string, number>> {
  const response = await server.get('metrics');
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  const lines = (await response.text()).split('\n').filter((line) => /^[^#]/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test('crowds are counted, with the clients that were asked for and those that were kept', async () => {
  const metrics = new Metrics({
    ...{ isolation: 'none', readiness: () => 'ready', sockets: () => 0, memory: () => 0 },
    ...{ places: () => ({ size: 1, used: 1 }), freePlaces: () => 0 },
    warm: () => ({ waiting: 0, wanted: 0 }),
  });
  try {
    const crowd = { event: 'crowd', session: 's', lab: 'rot13-fork' } as const;
    metrics.write({ ...crowd, asked: 1000, kept: 102 });
    metrics.write({ ...crowd, asked: 10, kept: 10 });
    const text = await metrics.text();
    assert.match(text, /^readable_crowds_total\{lab="rot13-fork"\} 2$/m);
    assert.match(text, /^readable_crowd_clients_asked_total 1010$/m);
    assert.match(text, /^readable_crowd_clients_kept_total 112$/m);
  } finally {
    metrics.close();
  }
});

test('free places are those that can be had, however many are not taken', async () => {
  const metrics = new Metrics({
    ...{ isolation: 'none', readiness: () => 'ready', sockets: () => 0, memory: () => 0 },
    places: () => ({ size: 10, used: 2 }),
    // What is taken has most of the memory.
    freePlaces: () => 3,
    warm: () => ({ waiting: 0, wanted: 0 }),
  });
  try {
    assert.match(await metrics.text(), /^readable_places_free 3$/m);
  } finally {
    metrics.close();
  }
});

suite('the metrics of a server', () => {
  let server: ServerProcess;
  before(async () => {
    const environment = {
      ...{ READABLE_SESSIONS: '1', READABLE_QUEUE: '0' },
      READABLE_OUTPUT_LIMIT: '1000000',
    };
    server = await ServerProcess.start({ environment, script: TEST_SERVER });
  });
  after(() => server[Symbol.asyncDispose]());

  test('count runs, refusals, limits and starts, and know places', async () => {
    const reader = await Reader.start(server.port, 'quitter');
    await reader.connected('alice');
    const held = await samples(server);
    assert.equal(held.get('readable_places'), 1);
    assert.equal(held.get('readable_places_used'), 1);
    assert.equal(held.get('readable_places_free'), 0);
    assert.equal(held.get('readable_websockets'), 1);
    assert.equal(held.get('readable_readiness{state="full"}'), 1);
    assert.equal(held.get('readable_runs_begun_total{lab="quitter",way=""}'), 1);
    assert.equal(held.get('readable_run_first_byte_seconds_count'), 1);
    assert.equal(held.get('readable_run_ready_seconds_count'), 1);
    assert.ok((held.get('readable_run_ready_seconds_sum') ?? 0) > 0);
    const second = await Reader.start(server.port, 'quitter');
    assert.equal((await second.end()).kind, 'no-room');
    reader.say({ type: 'stop' });
    await reader.until('its end', () => reader.closed !== undefined);
    const flood = await Reader.start(server.port, 'flood');
    assert.equal((await flood.end()).kind, 'output-limit');
    await flood.until('its end', () => flood.closed !== undefined);

    const now = await samples(server);
    assert.equal(now.get('readable_places_used'), 0);
    assert.equal(now.get('readable_places_free'), 1);
    assert.equal(now.get('readable_runs_ended_total{lab="quitter",way="",end="stopped"}'), 1);
    assert.equal(now.get('readable_runs_ended_total{lab="flood",way="",end="output-limit"}'), 1);
    assert.equal(now.get('readable_run_duration_seconds_count'), 2);
    assert.equal(now.get('readable_refusals_total{reason="full"}'), 1);
    assert.equal(now.get('readable_limits_total{limit="output"}'), 1);
    assert.equal(now.get('readable_sandbox_failures_total'), 0);
    assert.ok((now.get('readable_event_loop_delay_seconds_count') ?? 0) > 0);
  });

  test('count programs that wait for a page that has fallen behind', LIMIT, async () => {
    const reader = await Reader.start(server.port, 'flood');
    reader.socket.pause();
    while ((await samples(server)).get('readable_pages_behind_total') === 0);
    reader.socket.resume();
    await reader.end();
    await reader.until('its end', () => reader.closed !== undefined);
  });

  test('have no name that a stranger gave', async () => {
    const stranger = new Reader(server.port, 'http://evil.example');
    await stranger.until('the refusal', () => stranger.closed !== undefined);
    const nobody = await Reader.start(server.port, 'no-such-lab');
    await nobody.end();
    const noWay = await Reader.start(server.port, 'quitter', 'no-such-way');
    await noWay.end();
    const found = await samples(server);
    assert.equal(found.get('readable_refusals_total{reason="origin"}'), 1);
    assert.equal(found.get('readable_refusals_total{reason="lab"}'), 2);
    assert.doesNotMatch([...found.keys()].join('\n'), /evil|no-such/);
  });

  test('are not for whom a proxy passes on', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.7' };
    const response = await server.get('metrics', headers);
    assert.equal(response.status, 403);
    assert.match(await response.text(), /READABLE_METRICS/);
  });

  test('are all that the dashboard and the alerts ask for', async () => {
    const response = await server.get('metrics');
    const types = new Map(
      [...(await response.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
        ([, name = '', type = '']) => [name, type],
      ),
    );
    const known = new Set(
      [...types].flatMap(([name, type]) =>
        type === 'histogram' ? ['bucket', 'sum', 'count'].map((end) => `${name}_${end}`) : [name],
      ),
    );
    // Prometheus’ own: whether it could read a server’s.
    known.add('up');
    const queries = [...dashboardQueries(), ...alertQueries()];
    assert.ok(queries.length > 40);
    for (const query of queries) {
      const names = query.match(/\b(?:readable|process|nodejs)_\w+|\bup\b/g) ?? [];
      assert.ok(names.length > 0, query);
      assert.deepEqual(
        [...names].filter((name) => !known.has(name)),
        [],
        query,
      );
    }
    // And nothing is measured that nobody looks at.
    const asked = queries.join('\n');
    const unseen = [...types.keys()].filter((name) => !asked.includes(name));
    assert.deepEqual(unseen, ['process_start_time_seconds']);
  });
});

function dashboardQueries(): string[] {
  const target = z.object({ expr: z.string(), refId: z.string() });
  const schema = z.object({
    uid: z.string(),
    schemaVersion: z.number(),
    templating: z.object({ list: z.array(z.object({ query: z.string() })) }),
    panels: z.array(
      z.object({
        id: z.number(),
        title: z.string(),
        description: z.string(),
        type: z.enum(['timeseries', 'stat']),
        gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
        targets: z.array(target).min(1),
      }),
    ),
  });
  const text = readFileSync(join(MONITORING, 'dashboard.json'), 'utf8');
  const { panels, templating } = schema.parse(JSON.parse(text));
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const variables = templating.list
    .map(({ query }) => query)
    .filter((query) => query.includes('('));
  return [...variables, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
}

function alertQueries(): string[] {
  const rule = z.strictObject({
    alert: z.string().regex(/^Readable\w+$/),
    expr: z.string(),
    for: z
      .string()
      .regex(/^\d+m$/)
      .optional(),
    labels: z.strictObject({ severity: z.enum(['page', 'ticket']) }),
    annotations: z.strictObject({ summary: z.string(), action: z.string() }),
  });
  const schema = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) });
  const text = readFileSync(join(MONITORING, 'alerts.yaml'), 'utf8');
  const rules = schema.parse(parse(text)).groups.flatMap((group) => group.rules);
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  return rules.map(({ expr }) => expr);
}

test('a place that lacks memory, or that others wait for, is not free', async () => {
  const metrics = new Metrics({
    isolation: 'none',
    readiness: () => 'ready',
    places: () => ({ size: 5, used: 1 }),
    freePlaces: () => 2,
    sockets: () => 0,
    memory: () => 0,
    warm: () => ({ waiting: 0, wanted: 0 }),
  });
  assert.match(await metrics.text(), /^readable_places_free 2$/m);
  metrics.close();
});

suite('plain requests', () => {
  test('are answered below a base too, whatever stands in the query', async () => {
    const environment = { READABLE_BASE: '/book/', READABLE_METRICS: 'off' };
    await using server = await ServerProcess.start({ environment, script: TEST_SERVER });
    for (const path of ['/', '/book/']) {
      for (const check of ['healthz', 'healthz?x', 'readyz', 'readyz?x=/y']) {
        const response = await server.get(path + check);
        assert.equal(response.status, 200, path + check);
        assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      }
      // Where they are off, they are not there.
      assert.equal((await server.get(`${path}metrics`)).status, 404);
    }
    const door = await server.get('session');
    assert.equal(door.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(door.status, 426);
    assert.equal(door.headers.get('upgrade'), 'websocket');
    // A page that asks has an answer, which its browser prints no error for.
    const asked = await server.get('session?origin=http://elsewhere.example');
    assert.equal(asked.status, 200);
    assert.equal(asked.headers.get('upgrade'), null);
    assert.equal(asked.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(asked.headers.get('cache-control'), 'no-store');
    const head = await fetch(asked.url, { method: 'HEAD' });
    assert.equal(head.status, 426);
  });
});
