/**
 * Anything at all from the network: random requests and upgrades, random frames, page loads broken off
 * anywhere. The server answers afterwards, with the descriptors of before and no more memory. A seed is
 * printed; READABLE_FUZZ_SEED takes one up again.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { PROTOCOL_VERSION, SESSION_PATH, encodeBytes } from '../protocol/messages.ts';
import { Reader } from './testing/reader.ts';
import { ask, connectTo, frame, request, upgradeHeaders } from '../testing/raw-client.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { PATIENCE } from '../testing/patience.ts';
import { until } from '../testing/until.ts';

const REQUESTS = 10_000;
const FRAMES = 10_000;
const PAGE_LOADS = 1000;
const AT_ONCE = 50;
/** What may be kept beyond what was; the attacks that this is about took hundreds. */
const SLACK = 64 * 1024 * 1024;

const SEED = Number(process.env['READABLE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** A generator of random numbers from a seed: mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = generator(SEED);
const below = (most: number): number => Math.floor(random() * most);
/** What a field is claimed to be that is something else. */
const claimed = <T>(...right: readonly [T, ...T[]]): unknown =>
  random() < 0.5
    ? oneOf(right)
    : oneOf<unknown>([null, -1, 2.5, 1001, 1e300, 2 ** 53, 'true', '1', [], {}, [right[0]]]);
const oneOf = <T>(all: readonly [T, ...T[]]): T => all[below(all.length)] ?? all[0];
const bytes = (most: number): Buffer =>
  Buffer.from(Array.from({ length: below(most) }, () => below(256)));
const word = (most: number): string =>
  bytes(most)
    .toString('latin1')
    .replaceAll(/[\r\n]/g, '');

function target(): string {
  return oneOf([
    ...(['/', '//', '/\\', '//[', '//a:99999', '*', '?', '#', 'http://', 'http://[::1/'] as const),
    ...(['http://%', '/%', '/%00', '/../..', '/.', '/healthz', '/session', '/session?'] as const),
    ...(['/index.html', '/_astro/', '', `/${'a/'.repeat(below(500))}`] as const),
    `/${word(40)}`,
    word(40),
    `${SESSION_PATH}/${word(5)}`,
  ]);
}

function headers(port: number): Record<string, string> {
  const all: Record<string, string> = random() < 0.5 ? upgradeHeaders(port) : {};
  const names = ['Range', 'Upgrade', 'Connection', 'Origin', 'Host', 'If-None-Match', 'Expect'];
  names.push('Accept-Encoding', 'Content-Length', 'Transfer-Encoding', 'Sec-WebSocket-Key');
  names.push('Sec-WebSocket-Version', 'Sec-WebSocket-Extensions', 'Cookie', `X-${below(9)}`);
  for (let count = below(4); count > 0; count--) {
    all[names[below(names.length)] ?? 'X'] = oneOf([
      ...(['bytes=5-2', 'bytes=0-', 'bytes=0-99999999999999999999', 'h2c', 'websocket'] as const),
      ...(['Upgrade', 'close', '100-continue', 'chunked', '13', '-1', '*', '[', 'null'] as const),
      word(30),
      'x'.repeat(below(20_000)),
    ]);
  }
  return all;
}

function message(): Buffer {
  const lab = oneOf(['quitter', 'hostile', 'mob', 'no-such-lab', '__proto__', '']);
  const size = { cols: oneOf([80, 0, -1, 1e9, 2.5]), rows: oneOf([24, 0, -1, 300]) };
  const seq = oneOf([0, 1, 2, below(10), -1, 2 ** 53]);
  const token = oneOf([word(22), 'a'.repeat(22), '']);
  const text = oneOf([
    JSON.stringify({ type: 'start', version: PROTOCOL_VERSION, lab, ...size }),
    JSON.stringify({ type: 'connect', seq, client: word(9), ...size }),
    JSON.stringify({ type: 'launch', seq, program: word(9), ...size }),
    JSON.stringify({ type: 'resize', seq, process: oneOf([1, 0, -1, 2 ** 32]), ...size }),
    JSON.stringify({ type: 'crowd', seq, count: claimed(0, 1, 1000), talks: claimed(true, false) }),
    JSON.stringify({ type: 'watch', seq, watched: claimed(true, false) }),
    JSON.stringify({ type: oneOf(['crowd', 'watch']), seq, [word(9)]: claimed(0) }),
    JSON.stringify({ type: 'stop', seq }),
    JSON.stringify({ type: 'ack', received: seq }),
    JSON.stringify({ type: 'resume', version: PROTOCOL_VERSION, token, received: seq }),
    JSON.stringify({
      type: 'resume',
      version: claimed(PROTOCOL_VERSION),
      token,
      received: claimed(0),
    }),
    ...(['{"__proto__":{"type":"stop"}}', '{"type":{"type":"stop"}}'] as const),
    ...(['null', '[]', '7', '{}', '"', '{"type":"stop","more":1}'] as const),
    word(60),
  ]);
  return Buffer.from(text, 'latin1');
}

function randomFrame(): Buffer {
  const built = oneOf([
    () => frame(1, message()),
    () => frame(2, bytes(60)),
    () => frame(2, encodeBytes(below(4), below(4), bytes(60))),
    () => frame(below(16), bytes(200), random() < 0.7),
    () => frame(oneOf([9, 10]), bytes(125)),
    () => bytes(60),
    () => frame(2, Buffer.alloc(65_000)),
  ])();
  return random() < 0.1 ? built.subarray(0, below(built.length)) : built;
}

/** Does something so many times, some of it at once. */
async function repeat(times: number, work: () => Promise<void>): Promise<void> {
  let left = times;
  const hands = Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await work();
  });
  await Promise.all(hands);
}

suite(`whatever comes from the network (seed ${SEED})`, () => {
  let server: ServerProcess;
  before(async () => {
    server = await ServerProcess.start({
      script: join(import.meta.dirname, 'testing', 'serve-test-labs.ts'),
      // A run that waits for its page keeps its place: more of them are tried when they wait less.
      environment: { READABLE_SESSIONS: '4', READABLE_HOLD: '1' },
    });
  });
  after(async () => assert.equal(await server.stop('SIGTERM'), 0, server.said));

  /** One try, which ends in whatever way. */
  async function connection(say: (write: (bytes: Buffer | string) => void) => void): Promise<void> {
    const socket = await connectTo(server.port);
    socket.resume();
    say((text) => socket.write(text));
    const closed = once(socket, 'close');
    if (random() < 0.5) socket.resetAndDestroy();
    else socket.end();
    // Whoever says half a request and stays is closed by a time limit of Node’s: not waited for here.
    if (random() < 0.2) setImmediate(() => socket.destroy());
    else socket.setTimeout(200, () => socket.destroy());
    await closed;
  }

  const requests = (times: number): Promise<void> =>
    repeat(times, () =>
      connection((write) => {
        const text = request(target(), headers(server.port)).replace(/^GET/, () =>
          oneOf(['GET', 'GET', 'HEAD', 'POST', 'PUT', 'TRACE', 'CONNECT', 'PRI', word(6)]),
        );
        const body = random() < 0.2 ? word(500) : '';
        const whole = Buffer.from(text + body, 'latin1');
        write(random() < 0.3 ? whole.subarray(0, below(whole.length)) : whole);
      }),
    );

  const frames = (times: number): Promise<void> =>
    repeat(times / 10, async () => {
      const socket = await connectTo(server.port);
      socket.write(request(SESSION_PATH, upgradeHeaders(server.port)));
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      if (random() < 0.5) socket.resume();
      const start = {
        type: 'start',
        version: PROTOCOL_VERSION,
        lab: oneOf(['quitter', 'mob']),
        cols: 80,
        rows: 24,
      };
      if (random() < 0.1) socket.write(frame(1, Buffer.from(JSON.stringify(start))));
      for (let count = 0; count < 10; count++) socket.write(randomFrame());
      const closed = once(socket, 'close');
      if (random() < 0.5) socket.resetAndDestroy();
      else socket.end(() => socket.destroy());
      await closed;
    });

  const pageLoads = (times: number): Promise<void> =>
    repeat(times, async () => {
      const socket = await connectTo(server.port);
      socket.write(request('/'));
      if (random() < 0.7) await once(socket, 'readable');
      const closed = once(socket, 'close');
      socket.resetAndDestroy();
      await closed;
    });

  async function holds(attack: (times: number) => Promise<void>, times: number): Promise<void> {
    // What is made once, and what V8 is used to, is there after a part of it.
    await attack(times / 5);
    await settled();
    const before = { descriptors: server.descriptors, memory: server.memory };
    await attack(times);
    await settled();
    await until('all is closed', () => server.descriptors <= before.descriptors);
    await server.keepsAtMost(before.memory + SLACK);
    await Reader.roundTrip(server.port);
  }

  /** Every session that was begun is over. */
  async function settled(): Promise<void> {
    for (const deadline = performance.now() + PATIENCE; ;) {
      const health = await ask(server.port, request('/healthz', { Connection: 'close' }));
      if (health.includes('"sessions":0')) return;
      assert.ok(performance.now() < deadline, `sessions are left: ${health}`);
    }
  }

  test(`${REQUESTS} requests and upgrades`, () => holds(requests, REQUESTS));
  test(`${FRAMES} frames`, () => holds(frames, FRAMES));
  test(`${PAGE_LOADS} page loads broken off`, () => holds(pageLoads, PAGE_LOADS));
});
