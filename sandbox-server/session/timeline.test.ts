/** What a page is told of real labs: who waits in which call, and what the kernel holds meanwhile. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { CONTENT } from '../../project.ts';
import type { KernelConnection } from '../../protocol/kernel-view.ts';
import type { TimelineEntry, TimelineEntryOf } from '../../protocol/timeline.ts';
import { Reader, serve, type Message } from '../testing/reader.ts';
import { LIMIT } from '../../testing/patience.ts';

/** What is told of one process, in its order. */
function entriesOf(reader: Reader, process: number): TimelineEntry[] {
  return reader.messages.flatMap((each) =>
    each.type === 'timeline' && each.process === process ? each.entries : [],
  );
}

/** The calls of a process that have not returned. */
function openCalls(reader: Reader, process: number): TimelineEntryOf<'entered'>[] {
  const open = new Map<string, TimelineEntryOf<'entered'>>();
  for (const entry of entriesOf(reader, process)) {
    if (entry.kind === 'entered') open.set(`${entry.pid} ${entry.thread} ${entry.id}`, entry);
    if (entry.kind === 'left') open.delete(`${entry.pid} ${entry.thread} ${entry.id}`);
  }
  return [...open.values()];
}

function kernelOf(reader: Reader): Message<'kernel'> | undefined {
  return reader.messages.findLast((each) => each.type === 'kernel');
}

function connectionOf(reader: Reader, client: string): KernelConnection | undefined {
  return kernelOf(reader)?.connections.find((each) => each.client === client);
}

/** The process of a terminal. */
function processOf(reader: Reader, name: string): number {
  const started = reader.messages.find((each) => each.type === 'started' && each.name === name);
  return started?.type === 'started' ? started.process : assert.fail(`no ${name}`);
}

suite('a page is told', () => {
  test('where a program waits, and which bytes wait for it meanwhile', LIMIT, async () => {
    await using server = await serve(CONTENT, {}, 'two-sockets-blocking');
    const reader = await Reader.start(server.port, 'two-sockets-blocking');
    await reader.connected('alice', 'bob');
    const program = processOf(reader, 'server');
    const waits = await reader.until('it waits for Alice', () =>
      openCalls(reader, program).find(({ name }) => name === 'recv'),
    );
    const text = readFileSync(
      join(CONTENT, 'blocking', 'two-sockets-blocking', 'server.ts'),
      'utf8',
    );
    assert.equal(waits.file, 'server.ts');
    assert.match(text.split('\n')[(waits.line ?? 0) - 1] ?? '', /recv\(/);
    await reader.until('Alice has that one', () =>
      connectionOf(reader, 'alice')?.holders.some(({ fd, pid, process }) => {
        return fd === waits.fd && pid === waits.pid && process === program;
      }),
    );

    reader.type('bob', '15 bytes Alice\n');
    await reader.until('15 bytes wait', () => connectionOf(reader, 'bob')?.far?.receive === 15);
    assert.equal(openCalls(reader, program).at(-1)?.id, waits.id);
    const lines = (way: 'sent' | 'received'): number[] =>
      entriesOf(reader, processOf(reader, 'bob')).flatMap((entry) =>
        entry.kind === 'line' && entry.way === way ? [entry.bytes] : [],
      );
    await reader.until('the line is told', () => lines('sent').includes(15));
    assert.deepEqual(lines('received'), []);

    reader.type('alice', 'Hi\n');
    await reader.until('they are read', () => connectionOf(reader, 'bob')?.far?.receive === 0);
    await reader.until('Bob has his answer', () => lines('received').length > 0);
    const times = entriesOf(reader, program).map(({ at }) => at);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );

    // What nobody sees is not read, and is told at once when somebody looks again.
    reader.say({ type: 'watch', watched: false });
    reader.type('bob', 'unseen\n');
    reader.say({ type: 'connect', client: 'carol', cols: 80, rows: 24 });
    await reader.until('Carol is there', () => reader.shown.get('carol')?.includes('Connect'));
    reader.say({ type: 'watch', watched: true });
    await reader.until('it is seen', () => connectionOf(reader, 'bob')?.far?.receive === 7);
  });

  test(
    'nothing of the kernel until it looks, though it said in the queue that it does not',
    LIMIT,
    async () => {
      const places = { READABLE_SESSIONS: '2', READABLE_HOLD: '600' };
      await using server = await serve(CONTENT, places, 'two-sockets-blocking');
      const first = await Reader.start(server.port, 'two-sockets-blocking');
      const looking = await Reader.start(server.port, 'two-sockets-blocking');
      const reader = await Reader.start(server.port, 'two-sockets-blocking');
      await looking.connected('alice', 'bob');
      await reader.message('queued');
      reader.say({ type: 'watch', watched: false });
      first.say({ type: 'stop' });
      await reader.connected('alice', 'bob');
      reader.type('bob', '15 bytes Alice\n');
      const bob = processOf(reader, 'bob');
      await reader.until('the line is told', () => entriesOf(reader, bob).length > 0);
      // One thread reads the kernel for all. It has had its turn at each run when it has been at one twice.
      for (const [text, bytes] of [
        ['one\n', 4],
        ['two\n', 8],
      ] as const) {
        looking.type('bob', text);
        await looking.until(`${bytes} bytes are seen`, () => {
          return connectionOf(looking, 'bob')?.far?.receive === bytes;
        });
      }
      reader.say({ type: 'watch', watched: true });
      const { connections } = await reader.message('kernel');
      // What was told first is what was there when the reader looked.
      assert.equal(connections.find(({ client }) => client === 'bob')?.far?.receive, 15);
    },
  );

  test('whose child a process is, by the connection that it alone has', LIMIT, async () => {
    await using server = await serve(CONTENT, {}, 'rot13-fork');
    const reader = await Reader.start(server.port, 'rot13-fork');
    await reader.connected('alice', 'bob');
    reader.say({ type: 'connect', client: 'carol', cols: 80, rows: 24 });
    await reader.connected('carol');
    const program = processOf(reader, 'server');
    const { tree } = await reader.message('gauges', ({ tree }) => {
      return tree.filter(({ client }) => client !== undefined).length === 3;
    });
    assert.deepEqual(
      tree.map(({ client }) => client),
      [undefined, 'alice', 'bob', 'carol'],
    );
    await reader.until('all three wait in the same line', () => {
      const waiting = openCalls(reader, program).filter(({ name }) => name === 'recv');
      const children = new Set(tree.slice(1).map(({ pid }) => pid));
      return (
        waiting.length === 3 &&
        waiting.every(({ pid }) => children.has(pid)) &&
        new Set(waiting.map(({ line }) => line)).size === 1
      );
    });
  });

  test('the wait of a loop, and the callback that ends it', LIMIT, async () => {
    await using server = await serve(CONTENT, {}, 'rot13-event');
    const reader = await Reader.start(server.port, 'rot13-event');
    await reader.connected('alice');
    const program = processOf(reader, 'server');
    await reader.until('it waits', () =>
      openCalls(reader, program).some(({ name }) => name === 'epoll_wait'),
    );
    const before = entriesOf(reader, program).length;
    reader.type('alice', 'Hello\n');
    await reader.shows('alice', 'Uryyb');
    await reader.until('a callback', () => {
      const since = entriesOf(reader, program).slice(before);
      const called = since.find(({ kind }) => kind === 'called');
      const read = since.find((entry) => entry.kind === 'entered' && entry.fd !== undefined);
      return called?.kind === 'called' && /READ/.test(called.what) && read !== undefined;
    });
  });

  test('how many wait to be accepted, and how many may', LIMIT, async () => {
    await using server = await serve(CONTENT, {}, 'listener-backlog');
    const reader = await Reader.start(server.port, 'listener-backlog');
    await reader.connected('alice', 'bob');
    await reader.until('the seats are taken', () => {
      const [listener] = kernelOf(reader)?.listeners ?? [];
      return listener?.port === 9876 && listener.waiting === 2 && listener.most === 2;
    });
    assert.equal(connectionOf(reader, 'alice')?.accepted, false);
  });

  test('the last calls of a program before its end', LIMIT, async () => {
    await using server = await serve(CONTENT, {}, 'two-sockets-blocking');
    const reader = await Reader.start(server.port, 'two-sockets-blocking');
    await reader.connected('alice', 'bob');
    const program = processOf(reader, 'server');
    // Clients are connected before they are accepted.
    await reader.until('it waits for a client', () =>
      openCalls(reader, program).some(({ name }) => name === 'recv'),
    );
    reader.type('server', '\x03');
    await reader.message('ended', ({ process }) => process === program);
    await reader.end();
    const end = reader.messages.findIndex((each) => {
      return each.type === 'ended' && each.process === program;
    });
    const last = reader.messages.findLastIndex((each) => {
      return each.type === 'timeline' && each.process === program;
    });
    assert.ok(last < end);
    assert.equal(openCalls(reader, program).at(-1)?.name, 'recv');
  });
});
