/** A full house: a real server with few places, and readers who wait for one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import type { LogEvent } from '../log.ts';
import { Reader, TEST_LABS, serve, type Message, type TestServer } from '../testing/reader.ts';

/** Longer than any test takes. */
const LONG = { READABLE_HOLD: '600' };
const ONE_PLACE = { ...LONG, READABLE_SESSIONS: '1' };

/** A run that has its place. */
async function running(server: TestServer): Promise<Reader> {
  const reader = await Reader.start(server.port, 'quitter');
  await reader.connected('alice');
  return reader;
}

/** One who waits, and has been told how many are before them. */
async function waiting(server: TestServer, ahead: number): Promise<Reader> {
  const reader = await Reader.start(server.port, 'quitter');
  assert.equal((await reader.message('queued')).ahead, ahead);
  return reader;
}

/** What somebody was told of their rank. */
function ranks(reader: Reader): number[] {
  const isRank = (message: { type: string }): message is Message<'queued'> =>
    message.type === 'queued';
  return reader.messages.filter(isRank).map(({ ahead }) => ahead);
}

async function stop(reader: Reader): Promise<void> {
  reader.say({ type: 'stop' });
  assert.deepEqual(await reader.end(), { kind: 'stopped' });
}

/** The network drops a page’s connection: no close frame says so. */
async function cut(reader: Reader): Promise<void> {
  reader.socket.terminate();
  await reader.until('the close', () => reader.closed !== undefined);
}

/** Tries until it comes out; the test's own time limit ends it. */
async function again<T>(attempt: () => Promise<T | false>): Promise<T> {
  for (;;) {
    const result = await attempt();
    if (result !== false) return result;
  }
}

suite('a full house', () => {
  test('lets in whoever waits, one after the other, and each run is whole', LIMIT, async () => {
    await using server = await serve(TEST_LABS, ONE_PLACE);
    const ann = await running(server);
    const ben = await waiting(server, 0);
    const cleo = await waiting(server, 1);
    assert.equal(server.service.gateway.waiting, 2);
    await stop(ann);
    await ben.connected('alice');
    assert.ok(!cleo.messages.some(({ type }) => type === 'welcome'));
    ben.type('alice', 'hello\n');
    await ben.shows('alice', 'hello', 2);
    await cleo.message('queued', ({ ahead }) => ahead === 0);
    await stop(ben);
    await cleo.connected('alice');
    await stop(cleo);
    await until('all is free', () => server.service.capacity.used === 0);
  });

  test('moves everybody up when one in the queue leaves, says so or is closed', LIMIT, async () => {
    await using server = await serve(TEST_LABS, ONE_PLACE);
    const ann = await running(server);
    const ben = await waiting(server, 0);
    const cleo = await waiting(server, 1);
    const dan = await waiting(server, 2);
    await stop(ben);
    await ben.until('the close', () => ben.closed === 1000);
    cleo.socket.close(1001);
    await until('one is left', () => server.service.gateway.waiting === 1);
    await dan.message('queued', ({ ahead }) => ahead === 0);
    await stop(ann);
    await dan.connected('alice');
  });

  test(
    'keeps the place in the queue of a page that is lost, and lets others go before',
    LIMIT,
    async () => {
      await using server = await serve(TEST_LABS, ONE_PLACE);
      const ann = await running(server);
      const ben = await waiting(server, 0);
      const cleo = await waiting(server, 1);
      await cut(ben);
      await stop(ann);
      await cleo.connected('alice');
      await ben.comeBack();
      await ben.message('resumed');
      const dan = await waiting(server, 1);
      await stop(cleo);
      await ben.connected('alice');
      assert.deepEqual(new Set(ranks(ben)), new Set([0]));
      assert.ok(!dan.messages.some(({ type }) => type === 'welcome'));
    },
  );

  test('gives a free place at once to the one who comes back first', LIMIT, async () => {
    await using server = await serve(TEST_LABS, ONE_PLACE);
    const ann = await running(server);
    const ben = await waiting(server, 0);
    await cut(ben);
    await stop(ann);
    await until('the place is free', () => server.service.capacity.used === 0);
    await ben.comeBack();
    await ben.connected('alice');
  });

  test('keeps no free place from others for a page that is lost', LIMIT, async () => {
    await using server = await serve(TEST_LABS, ONE_PLACE);
    const ann = await running(server);
    const ben = await waiting(server, 0);
    assert.equal(server.service.readiness, 'full');
    await cut(ben);
    await stop(ann);
    await until('a balancer is told of it', () => server.service.readiness === 'ready');
    assert.equal(server.service.gateway.freePlaces, 1);
    assert.equal(server.service.gateway.waiting, 1);
    const cleo = await running(server);
    assert.equal(server.service.readiness, 'full');
    await stop(cleo);
  });

  test('waits for a lost page no longer than a run would', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { ...ONE_PLACE, READABLE_HOLD: '1' });
    const ann = await running(server);
    const ben = await waiting(server, 0);
    await cut(ben);
    await until('nobody waits', () => server.service.gateway.waiting === 0);
    await ben.comeBack();
    await ben.message('gone');
    await stop(ann);
  });

  test('tells those who wait when the server drains or closes', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { ...ONE_PLACE, READABLE_DRAIN: '600' });
    const ann = await running(server);
    const ben = await waiting(server, 0);
    const drained = server.service.drain();
    assert.deepEqual(await ben.end(), {
      kind: 'no-room',
      message: 'the server is being restarted',
    });
    await stop(ann);
    await drained;
    await using another = await serve(TEST_LABS, ONE_PLACE);
    await running(another);
    const cleo = await waiting(another, 0);
    const closed = another.service.close();
    assert.deepEqual(await cleo.end(), { kind: 'shutdown' });
    await closed;
    assert.equal(another.service.capacity.used, 0);
  });

  test('has a queue of a length, which an operator can follow', LIMIT, async () => {
    const events: LogEvent[] = [];
    const log = { write: (event: LogEvent) => void events.push(event) };
    const environment = { ...ONE_PLACE, READABLE_QUEUE: '2' };
    await using server = await serve(TEST_LABS, environment, undefined, log);
    const ann = await running(server);
    const ben = await waiting(server, 0);
    const cleo = await waiting(server, 1);
    const late = await Reader.start(server.port, 'quitter');
    const end = await late.end();
    assert.equal(end.kind, 'no-room');
    assert.match(JSON.stringify(end), /2 more runs wait/);
    await stop(cleo);
    await stop(ann);
    await ben.connected('alice');
    await until('the log has all', () => events.some(({ event }) => event === 'run-ended'));
    const told = events.flatMap((event) => {
      if (event.event === 'queued') return [`${event.event} ${event.ahead} ${event.address}`];
      if (event.event === 'refused') return [`${event.event} ${event.why}`];
      if (event.event !== 'queue-left') return [];
      assert.ok(Number.isInteger(event.ms) && event.ms >= 0);
      return [`${event.event} ${event.reason}`];
    });
    assert.deepEqual(told, [
      'queued 0 127.0.0.1',
      'queued 1 127.0.0.1',
      'refused full',
      'queue-left stopped',
      'queue-left let-in',
    ]);
  });
});

suite('a reader', () => {
  const environment = {
    ...{ ...LONG, READABLE_PER_READER: '2', READABLE_SESSIONS: '2' },
    READABLE_PROXY: '127.0.0.1',
  };
  const from = (address: string) => ({ 'X-Forwarded-For': address });

  test('has so many runs, those in the queue included', LIMIT, async () => {
    await using server = await serve(TEST_LABS, environment);
    const start = (address: string) =>
      Reader.start(server.port, 'quitter', undefined, from(address));
    const [first, other] = [await start('2001:db8::1'), await start('198.51.100.1')];
    for (const reader of [first, other]) await reader.connected('alice');
    const second = await start('2001:db8::2');
    await second.message('queued');
    const third = await start('2001:db8::3');
    const end = await third.end();
    assert.equal(end.kind, 'refused');
    assert.match(JSON.stringify(end), /Your address has 2 runs already/);
    await stop(first);
    await second.connected('alice');
    const fourth = await start('2001:db8::4');
    await fourth.message('queued');
  });

  test('starts so many in a minute', LIMIT, async () => {
    await using server = await serve(TEST_LABS, environment);
    const start = (address: string) =>
      Reader.start(server.port, 'quitter', undefined, from(address));
    for (const address of ['198.51.100.7', '198.51.100.8']) {
      await (await start(address)).connected('alice');
    }
    // To wait in the queue and to leave it takes no time, and is a start too.
    const words = await again(async () => {
      const reader = await start('198.51.100.1');
      reader.say({ type: 'stop' });
      const end = await reader.end();
      return end.kind === 'refused' && end.message;
    });
    assert.match(words, /started 10 runs in a short time. Try again in/);
    const other = await start('198.51.100.2');
    await other.message('queued');
  });

  test('opens so many WebSockets, and finds out why no more', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { ...environment, READABLE_PER_READER: '1' });
    const open = (address: string) => new Reader(server.port, undefined, from(address));
    const readers = Array.from({ length: 6 }, () => open('198.51.100.1'));
    for (const { socket } of readers) await once(socket, 'open');
    const late = open('198.51.100.1');
    const refused = Promise.withResolvers<number | undefined>();
    late.socket.once('unexpected-response', (_, answer) => refused.resolve(answer.statusCode));
    assert.equal(await refused.promise, 429);
    await once(open('198.51.100.2').socket, 'open');
    readers[0]?.socket.close();
    await again(() => {
      const { socket } = open('198.51.100.1');
      return new Promise<boolean>((resolve) => {
        socket.once('open', () => resolve(true)).once('close', () => resolve(false));
      });
    });
  });
});

suite('a run in which nothing happens', () => {
  const IDLE = { ...ONE_PLACE, READABLE_IDLE: '1' };

  test('is told, and gives its place to one who waits', LIMIT, async () => {
    await using server = await serve(TEST_LABS, IDLE);
    const ann = await running(server);
    await ann.message('idle', ({ idle }) => idle);
    const ben = await Reader.start(server.port, 'quitter');
    assert.deepEqual(await ann.end(), { kind: 'yielded', seconds: 1 });
    await ben.connected('alice');
  });

  test('goes on where nobody waits, and is told when it counts again', LIMIT, async () => {
    await using server = await serve(TEST_LABS, IDLE);
    const ann = await running(server);
    await ann.message('idle', ({ idle }) => idle);
    ann.type('alice', 'I am here\n');
    await ann.message('idle', ({ idle }) => !idle);
    await ann.shows('alice', 'I am here', 2);
    await stop(ann);
  });

  test('is idle too when its page repeats what is refused', LIMIT, async () => {
    await using server = await serve(TEST_LABS, IDLE);
    const ann = await running(server);
    const { process } = await ann.message('started', ({ name }) => name === 'alice');
    const repeated = setInterval(() => {
      ann.say({ type: 'connect', client: 'alice', cols: 80, rows: 24 });
      ann.say({ type: 'launch', program: 'nothing', cols: 80, rows: 24 });
      ann.say({ type: 'resize', process, cols: 80, rows: 24 });
      ann.send(process, new Uint8Array());
      ann.send(1_000_000, Buffer.from('into nothing\n'));
    }, 200);
    try {
      await ann.message('error', ({ message }) => message === 'alice is connected already.');
      await ann.message('idle', ({ idle }) => idle);
      await Reader.start(server.port, 'quitter');
      assert.deepEqual(await ann.end(), { kind: 'yielded', seconds: 1 });
    } finally {
      clearInterval(repeated);
    }
  });

  test('keeps its place while it works, however quiet it is', LIMIT, async () => {
    await using server = await serve(TEST_LABS, { ...IDLE, READABLE_SESSIONS: '2' });
    const busy = await Reader.start(server.port, 'spinner');
    await busy.message('ready');
    const quiet = await running(server);
    await Reader.start(server.port, 'quitter');
    assert.deepEqual(await quiet.end(), { kind: 'yielded', seconds: 1 });
    assert.ok(!busy.messages.some(({ type }) => type === 'idle'));
  });
});
