/** Who runs on io_uring and who does not, decided and in real sandboxes. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { CONTENT } from '../../project.ts';
import type { LabProgram } from '../../lab/definition.ts';
import type { FeedItem } from '../../protocol/feed.ts';
import type { TimelineEntry } from '../../protocol/timeline.ts';
import { footprint, leftovers } from '../../testing/leftovers.ts';
import { whyNoUring } from '../../testing/io-uring.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import { Reader, serve } from '../testing/reader.ts';
import { RingWatch, ringPermission } from './ring.ts';

const LAB = 'echo-completion';
const [ON_EPOLL, ON_RING] = ['epoll', 'io-uring'];
const ECHO = readFileSync(join(CONTENT, 'completion', LAB, 'server.ts'), 'utf8');
/** io_uring_setup, io_uring_enter, io_uring_register: the same on all machines. */
const CALLS = [425, 426, 427];

const PROGRAM: LabProgram = {
  ...{ program: 'server.ts', forks: false, reads: false, traced: false },
  ...{ descriptors: 128, processes: 400 },
  ways: [
    { name: 'plain', label: 'plain', args: [] },
    { name: 'ring', label: 'ring', args: [], completes: true },
  ],
};

test('only the ways that ask get a ring, of programs that nobody changed, while the operator lets them', () => {
  const open = { ioUring: true, edited: new Set<string>() };
  assert.equal(ringPermission(PROGRAM, 'ring', open), 'granted');
  assert.equal(ringPermission(PROGRAM, 'plain', open), 'not wanted');
  assert.equal(ringPermission(PROGRAM, undefined, open), 'not wanted');
  const why = (situation: Parameters<typeof ringPermission>[2]): string => {
    const permission = ringPermission(PROGRAM, 'ring', situation);
    return typeof permission === 'object' ? permission.why : permission;
  };
  assert.match(why({ ...open, edited: new Set(['server.ts']) }), /a version of yours/);
  // It could import this one.
  assert.match(why({ ...open, edited: new Set(['other.ts']) }), /a version of yours/);
  assert.match(why({ ioUring: false, edited: new Set() }), /READABLE_IO_URING=off/);
});

suite('a program that may have a ring', () => {
  const named = { pid: 1, thread: 0, time: 0 };
  const enters = (id: number, name: string): FeedItem => ({
    ...{ kind: 'entered', name, args: '', id, ...named },
  });
  const leaves = (id: number, name: string, result: string): FeedItem => ({
    ...{ kind: 'left', name, result, id, ...named },
  });
  const heard = (...items: readonly FeedItem[]): string[] => {
    const told: string[] = [];
    const watch = new RingWatch((why) => told.push(why));
    for (const item of items) watch.take(item);
    return told;
  };

  test('that waits in its ring is fine, also when the kernel had to be asked twice', () => {
    assert.deepEqual(
      heard(
        ...[leaves(1, 'io_uring_setup', 'EINVAL'), leaves(2, 'io_uring_setup', '15')],
        ...[enters(3, 'io_uring_enter'), enters(4, 'epoll_wait')],
      ),
      [],
    );
  });

  test('that waits in epoll has none, and the kernel’s reason is told once', () => {
    const refused = (error: string): string[] =>
      heard(
        ...[leaves(1, 'io_uring_setup', error), leaves(2, 'io_uring_setup', error)],
        ...[enters(3, 'epoll_wait'), leaves(3, 'epoll_wait', '0'), enters(4, 'epoll_wait')],
      );
    const tell = (error: string): string => {
      const told = refused(error);
      assert.equal(told.length, 1);
      return told.join('');
    };
    assert.match(tell('EPERM'), /forbids io_uring/);
    assert.match(tell('ENOSYS'), /has no io_uring/);
    assert.match(tell('EINVAL'), /kernel is older than Linux 6\.1/);
    assert.match(tell('ENOMEM'), /locked/);
    assert.match(tell('EMFILE'), /\(EMFILE\)/);
  });

  test('of which nothing else is known is not talked about', () => {
    assert.deepEqual(heard(enters(1, 'listen'), leaves(1, 'listen', '0')), []);
  });
});

test('the lab runs the very program of the chapter on listeners', () => {
  assert.equal(
    ECHO,
    readFileSync(join(CONTENT, 'listeners', 'echo-listener', 'server.ts'), 'utf8'),
  );
});

function entries(reader: Reader): TimelineEntry[] {
  return reader.messages.flatMap((message) => (message.type === 'timeline' ? message.entries : []));
}

/** The calls of the server that are of data or of waiting, each name once. */
function calls(reader: Reader): Set<string> {
  return new Set(
    entries(reader).flatMap((entry) =>
      entry.kind === 'entered' &&
      /^(recv|readv|read|send|writev|sendmsg|epoll_wait|io_uring_enter)$/.test(entry.name)
        ? [entry.name]
        : [],
    ),
  );
}

function complaints(reader: Reader): string[] {
  return reader.messages.flatMap((message) => (message.type === 'error' ? [message.message] : []));
}

async function echoes(reader: Reader): Promise<void> {
  await reader.connected('alice');
  reader.type('alice', 'hello\n');
  await reader.shows('alice', 'hello', 2);
}

async function stop(reader: Reader): Promise<void> {
  reader.say({ type: 'stop' });
  assert.deepEqual(await reader.end(), { kind: 'stopped' });
}

const skip = whyNoUring();

for (const rung of ['bubblewrap', 'unshare', 'none'] as const) {
  suite(`the echo server on io_uring, isolation ${rung}`, { skip }, () => {
    test('receives and sends through its ring, and leaves nothing', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: rung }, LAB);
      const reader = await Reader.start(server.port, LAB, ON_RING);
      await echoes(reader);
      using running = footprint(process.pid);
      assert.ok(running.processes.size > 0);
      const sent = await reader.until('what a call has carried', () =>
        entries(reader).find(
          (entry) =>
            entry.kind === 'entered' &&
            entry.name === 'io_uring_enter' &&
            /\((?:[^)]*, )?send\b/.test(entry.args),
        ),
      );
      assert.ok(sent);
      assert.deepEqual([...calls(reader)], ['io_uring_enter']);
      assert.deepEqual(complaints(reader), []);
      await stop(reader);
      await until('nothing is left', () => leftovers(running).length === 0);
    });

    test('and on epoll in its other way', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: rung }, LAB);
      const reader = await Reader.start(server.port, LAB, ON_EPOLL);
      await echoes(reader);
      await reader.until('the calls', () => calls(reader).has('send') && calls(reader).has('recv'));
      assert.ok(!calls(reader).has('io_uring_enter'));
      assert.deepEqual(complaints(reader), []);
      await stop(reader);
    });

    test('and on epoll where the operator has it off, which is told', LIMIT, async () => {
      const settings = { READABLE_ISOLATION: rung, READABLE_IO_URING: 'off' };
      await using server = await serve(CONTENT, settings, LAB);
      assert.match(server.service.notices.join('\n'), /^io_uring: off/m);
      const reader = await Reader.start(server.port, LAB, ON_RING);
      await echoes(reader);
      await reader.until('the calls', () => calls(reader).has('send'));
      assert.ok(!calls(reader).has('io_uring_enter'));
      assert.match(complaints(reader).join('\n'), /runs on epoll: .*READABLE_IO_URING=off/);
      await stop(reader);
    });
  });
}

suite('a reader’s own program where the book’s has a ring', () => {
  /** Tries the calls, then goes on as the lab’s own program. */
  const trying = `
    import { createRequire } from 'node:module';
    const koffi = createRequire('/readable/node_modules/')('koffi');
    const syscall = koffi.load(null).func('long syscall(long n, long a, long b, long c, long d, long e, long f)');
    console.log('tried', JSON.stringify(${JSON.stringify(CALLS)}.map((n) => [syscall(n, 8, 0, 0, 0, 0, 0), koffi.errno()].join(' '))), String(process.env.EVENT_COMPLETION));
    ${ECHO}`;
  /** As the flag of a base has it. */
  const asking = ECHO.replace('new EventBase()', 'new EventBase(config())').concat(`
    import { EVENT_BASE_FLAG_STARTUP_IOCP, EventConfig } from 'libevent-ts';
    function config() { const made = new EventConfig(); made.setFlag(EVENT_BASE_FLAG_STARTUP_IOCP); return made; }`);

  const run = (port: number, text: string): Promise<Reader> =>
    Reader.start(port, LAB, ON_RING, undefined, [{ file: 'server.ts', text }]);

  test('is refused all of it, told so, and runs on epoll', LIMIT, async () => {
    await using server = await serve(CONTENT, { READABLE_ISOLATION: 'bubblewrap' }, LAB);
    const reader = await run(server.port, trying);
    const tried = await reader.until('what came of it', () => {
      return /tried (.*)\r\n/.exec(reader.shown.get('server') ?? '')?.[1];
    });
    assert.equal(tried, '["-1 1","-1 1","-1 1"] undefined');
    await echoes(reader);
    await reader.until(
      'the calls',
      () => calls(reader).has('send') && calls(reader).has('epoll_wait'),
    );
    assert.match(complaints(reader).join('\n'), /runs on epoll: .*a version of yours/);
    await stop(reader);
  });

  test('that asks the library for it hears from the library why not', LIMIT, async () => {
    await using server = await serve(CONTENT, { READABLE_ISOLATION: 'bubblewrap' }, LAB);
    const reader = await run(server.port, asking);
    await reader.shows('server', 'no completion by io_uring, but epoll: Operation not permitted');
    await echoes(reader);
    await stop(reader);
  });
});
