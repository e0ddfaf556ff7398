/** Three servers behind a real HAProxy, and a fourth that takes over: what the readers of each see. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { PLACE_PATH, SESSION_PATH } from '../../protocol/messages.ts';
import { Reader } from '../../sandbox-server/testing/reader.ts';
import { freePort } from '../port.ts';
import { ServerProcess } from '../server-process.ts';
import { Balancer } from './balancer.ts';

/** An echo server and one client: the smallest of the book’s. */
const LAB = 'listener-deferred-accept';
const PLACES = 20;
/** How many readers come at the same moment. */
const AT_ONCE = 10;

suite('servers behind one balancer', () => {
  const servers = new Map<string, ServerProcess>();
  let laterPort: number;
  let balancer: Balancer;
  /** Readers with a run, by the name of the server that they are on. */
  const readers = new Map<string, Reader[]>();
  let arrived = 0;
  let typed = 0;

  before(async () => {
    laterPort = await freePort();
    await Promise.all(['north', 'east', 'south'].map((name) => start(name)));
    const machines = [...servers].map(([name, { port }]) => ({ name, port }));
    balancer = await Balancer.start([...machines, { name: 'west', port: laterPort }]);
    await balancer.finds('west', 'places', 'DOWN');
  });

  after(async () => {
    await balancer[Symbol.asyncDispose]();
    await Promise.all([...servers.values()].map((server) => server.stop()));
  });

  async function start(name: string, port = 0): Promise<void> {
    const environment = {
      ...{ PORT: String(port), READABLE_NAME: name, READABLE_SESSIONS: String(PLACES) },
      ...{ READABLE_PROXY: '127.0.0.1', READABLE_DRAIN: '3000', READABLE_LOG: 'json' },
    };
    servers.set(name, await ServerProcess.start({ environment }));
  }

  function at(name: string): Reader[] {
    return readers.get(name) ?? [];
  }

  function serverOf(name: string): ServerProcess {
    const server = servers.get(name);
    if (!server) throw new Error(`there is no server ${name}`);
    return server;
  }

  /** A new reader’s WebSocket. Each has an address of its own. */
  function open(path: string): Reader {
    arrived += 1;
    const headers = { 'X-Forwarded-For': `198.51.100.${arrived}` };
    return new Reader(balancer.port, undefined, headers, path);
  }

  /** What a WebSocket is answered instead of being opened, or `open`. */
  async function answered(path: string): Promise<number | 'open'> {
    const { socket } = open(path);
    const answer = await new Promise<number | 'open'>((resolve) => {
      socket.once('open', () => resolve('open'));
      socket.once('unexpected-response', (_, { statusCode = 0 }: IncomingMessage) => {
        resolve(statusCode);
      });
    });
    socket.terminate();
    return answer;
  }

  /** So many readers start a run each, some at a time, where places are free. */
  async function arrive(count: number): Promise<void> {
    for (let left = count; left > 0; left -= AT_ONCE) {
      const wave = Array.from({ length: Math.min(left, AT_ONCE) }, () => open(PLACE_PATH));
      const begun = wave.map(async (reader) => {
        await once(reader.socket, 'open');
        reader.startLab(LAB);
        const { server = '' } = await reader.message('welcome');
        readers.set(server, [...at(server), reader]);
        await reader.connected('alice');
      });
      await Promise.all(begun);
    }
  }

  async function leave(leaving: readonly Reader[]): Promise<void> {
    for (const reader of leaving) reader.say({ type: 'stop' });
    for (const reader of leaving) assert.deepEqual(await reader.end(), { kind: 'stopped' });
    for (const [name, all] of readers) {
      readers.set(
        name,
        all.filter((reader) => !leaving.includes(reader)),
      );
    }
  }

  /** Every one of these runs still does what it did. */
  async function work(working: readonly Reader[]): Promise<void> {
    typed += 1;
    for (const reader of working) reader.type('alice', `line ${typed}.\n`);
    for (const reader of working) await reader.shows('alice', `line ${typed}.`, 2);
  }

  function places(): Record<string, number> {
    return Object.fromEntries([...readers].map(([name, all]) => [name, all.length]));
  }

  test('share 60 runs by free places, until none has any', async () => {
    await arrive(3 * PLACES);
    assert.deepEqual(places(), { north: PLACES, east: PLACES, south: PLACES });
    // The balancer asks each, whether it knows by now that they are full or not.
    assert.equal(await answered(PLACE_PATH), 503);
    for (const name of servers.keys()) await balancer.finds(name, 'places', 'DOWN');
    assert.equal(await answered(PLACE_PATH), 503);
    // Pages, and whoever waits in line, are served all the same.
    assert.equal((await fetch(balancer.url)).status, 200);
    assert.equal(await answered(SESSION_PATH), 'open');
    assert.match(serverOf('north').said, /"address":"198\.51\.100\.\d+"/);
  });

  test('get their own readers back, full as they are', async () => {
    const lost = [...servers.keys()].flatMap((name) => at(name).slice(0, 4));
    for (const { socket } of lost) socket.terminate();
    await Promise.all(lost.map((reader) => reader.comeBack()));
    for (const reader of lost) await reader.message('resumed');
    await work(lost);
  });

  test('can be replaced by newer ones: who is on the old one stays, who comes does not', async () => {
    await start('west', laterPort);
    await balancer.finds('west', 'places', 'UP');
    const north = serverOf('north');
    north.signal('SIGTERM');
    for (const reader of at('north')) {
      await reader.message('error', ({ message }) => message.includes('is being restarted'));
    }
    // It has places, and they are not for anybody who comes now.
    await leave(at('north').slice(0, 3));
    await leave(at('east').slice(0, 3));
    await balancer.finds('east', 'places', 'UP');
    await arrive(6);
    assert.deepEqual(places(), { north: PLACES - 3, east: PLACES - 3, south: PLACES, west: 6 });
    // A page whose connection breaks now still finds its way back.
    const lost = at('north').at(-1);
    lost?.socket.terminate();
    await lost?.comeBack();
    await lost?.message('resumed');
    await work(at('north'));
    await leave(at('north'));
    assert.equal(await north.end(), 0);
  });

  test('may be killed: its readers are told, run again elsewhere, and nobody else notices', async () => {
    await serverOf('east').stop('SIGKILL');
    const lost = at('east');
    readers.delete('east');
    for (const reader of lost) await reader.until('the loss', () => reader.closed === 1006);
    // Until then the balancer sends them there, and pages try again.
    for (const gone of ['north', 'east']) await balancer.finds(gone, 'servers', 'DOWN');
    for (const reader of lost) {
      await reader.comeBack();
      await reader.message('gone');
    }
    await leave(at('south').slice(0, 2));
    await balancer.finds('south', 'places', 'UP');
    await arrive(6);
    assert.equal(at('south').length + at('west').length, PLACES - 2 + 6 + 6);
    await work([...at('south'), ...at('west')]);
    for (const reader of [...at('south'), ...at('west')]) {
      assert.equal(reader.closed, undefined);
      assert.ok(reader.messages.every(({ type }) => type !== 'error' && type !== 'gone'));
    }
    assert.equal(servers.get('south')?.log.filter(({ event }) => event === 'refused').length, 0);
  });
});
