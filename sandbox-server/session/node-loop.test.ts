/** A program whose calls a tracer tells, in real sandboxes of every kind. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { CONTENT } from '../../project.ts';
import { footprint, leftovers } from '../../testing/leftovers.ts';
import { LIMIT } from '../../testing/patience.ts';
import { until } from '../../testing/until.ts';
import type { TimelineEntry } from '../../protocol/timeline.ts';
import { Reader, serve } from '../testing/reader.ts';
import { readFileSync } from 'node:fs';

const LAB = 'node-loop';
const PROGRAM = readFileSync(join(CONTENT, 'completion', LAB, 'server.ts'), 'utf8');

function entries(reader: Reader): TimelineEntry[] {
  return reader.messages.flatMap((message) => (message.type === 'timeline' ? message.entries : []));
}

type Entered = Extract<TimelineEntry, { kind: 'entered' }>;

function calls(reader: Reader): Entered[] {
  return entries(reader).filter((entry) => entry.kind === 'entered');
}

/** The calls that go on: the last of each thread, if its end was not told. */
function open(reader: Reader): Entered[] {
  const all = entries(reader);
  return calls(reader).filter(({ pid, thread, id }) => {
    const ofThread = all.filter(
      (entry) => entry.kind !== 'line' && entry.pid === pid && entry.thread === thread,
    );
    const last = ofThread.at(-1);
    return last?.kind === 'entered' && last.id === id;
  });
}

/** Waits until the main thread waits, and for nothing else to come first. */
async function waits(reader: Reader): Promise<void> {
  await reader.until('the main thread waits', () =>
    open(reader).some(
      ({ thread, name, args }) => thread === 0 && name === 'epoll_pwait' && !args.endsWith(' 0 ms'),
    ),
  );
}

/** Starts it with another program, as a reader’s edit. */
function startEdited(port: number, text: string): Promise<Reader> {
  return Reader.start(port, LAB, undefined, undefined, [{ file: 'server.ts', text }]);
}

for (const rung of ['bubblewrap', 'unshare', 'none'] as const) {
  suite(`the loop under node:net, isolation ${rung}`, () => {
    test('its calls are told, on the threads that make them', LIMIT, async () => {
      await using server = await serve(CONTENT, { READABLE_ISOLATION: rung }, LAB);
      const reader = await Reader.start(server.port, LAB);
      await reader.connected('alice', 'bob');
      using running = footprint(process.pid);
      assert.ok(running.processes.size > 0);
      await waits(reader);

      reader.type('alice', 'hello\n');
      await reader.shows('alice', 'hello', 2);
      await reader.until('read and write, by the main thread', () => {
        const made = calls(reader).filter(({ args }) =>
          /^\d+, (65536 bytes|"hello\\n")/.test(args),
        );
        return ['read', 'write'].every((name) =>
          made.some((call) => call.name === name && call.thread === 0),
        );
      });
      assert.ok(
        entries(reader).some((entry) => entry.kind === 'left' && entry.result === '6, "hello\\n"'),
      );
      // Nothing but the main thread has been told of: the pool is not there yet.
      assert.deepEqual([...new Set(calls(reader).map(({ thread }) => thread))], [0]);

      // Without namespaces there is no /etc/hosts of the lab’s own.
      const name = rung === 'none' ? 'localhost' : 'book.example';
      reader.type('alice', `lookup ${name}\n`);
      await reader.shows('server', `lookup: ${name} is `);
      const opened = await reader.until('who opens /etc/hosts', () =>
        calls(reader).find(
          ({ name: call, args }) => call === 'openat' && args.includes('"/etc/hosts"'),
        ),
      );
      assert.ok(opened.thread > 0, 'not the main thread');

      reader.type('alice', 'file\n');
      await reader.shows('alice', 'server.ts has ');
      // The main thread has opened it too, at its start.
      await reader.until('a thread of the pool opens the file', () =>
        calls(reader).some(
          ({ name: call, thread, args }) =>
            call === 'openat' && thread > 0 && thread <= 4 && args.includes('server.ts"'),
        ),
      );
      await waits(reader);
      await reader.until('the pool has nothing to do', () => {
        const resting = open(reader).filter(({ thread }) => thread > 0);
        return resting.length > 0 && resting.every(({ name: call }) => call === 'futex');
      });

      reader.say({ type: 'stop' });
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
      assert.deepEqual(leftovers(running), []);
    });
  });
}

suite('a reader’s own program under the tracer', () => {
  const serveIt = () => serve(CONTENT, { READABLE_ISOLATION: 'bubblewrap' }, LAB);

  test('has no more rights than any other', LIMIT, async () => {
    await using server = await serveIt();
    const calls = process.arch === 'x64' ? [101, 310, 317] : [117, 270, 277];
    const reader = await startEdited(
      server.port,
      `import { createServer } from 'node:net';
       import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
       import { createRequire } from 'node:module';
       const koffi = createRequire('/readable/node_modules/')('koffi');
       const syscall = koffi.load(null).func('long syscall(long n, long a, long b, long c, long d)');
       const tried = ${JSON.stringify(calls)}.map((n) => [syscall(n, 0, 0, 0, 0), koffi.errno()].join(' '));
       const open = (path: string) => { try { readFileSync(path); return 'read'; } catch (error) { return (error as NodeJS.ErrnoException).code; } };
       const tracer = process.ppid;
       const own = [open(\`/proc/\${tracer}/mem\`), open(\`/proc/\${tracer}/environ\`)];
       const variables = Object.keys(process.env).filter((name) => name.startsWith('READABLE'));
       const seccomp = /^Seccomp_filters:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
       const sockets = readdirSync('/proc/self/fd').filter((fd) => { try { return readlinkSync('/proc/self/fd/' + fd).startsWith('socket:'); } catch { return false; } });
       console.log(JSON.stringify({ tried, own, variables, seccomp, sockets }));
       createServer().listen(9876, '127.0.0.1', () => console.log('Listening on port 9876'));`,
    );
    await reader.shows('server', 'Listening');
    const report = /\{.*\}/s.exec((reader.shown.get('server') ?? '').replaceAll(/\r?\n/g, ''))?.[0];
    assert.deepEqual(JSON.parse(report ?? 'null'), {
      tried: ['-1 1', '-1 1', '-1 1'],
      own: ['EACCES', 'EACCES'],
      variables: [],
      seccomp: '2',
      sockets: [],
    });
    reader.say({ type: 'stop' });
    await reader.end();
  });

  test('that floods, forks and stops itself leaves nothing behind', LIMIT, async () => {
    await using server = await serveIt();
    const reader = await startEdited(
      server.port,
      `import { spawn } from 'node:child_process';
       import { closeSync, writeSync } from 'node:fs';
       ${PROGRAM}
       setInterval(() => { for (let i = 0; i < 5000; i++) try { closeSync(987654); } catch {} }, 10);
       process.stdin.once('data', () => {
         for (let i = 0; i < 20; i++) spawn('/usr/bin/sh', ['-c', 'sleep() { :; }; while :; do :; done'], { stdio: 'ignore', detached: true }).on('error', () => {});
         process.stdin.once('data', () => { writeSync(1, 'stops itself'); process.kill(process.pid, 'SIGSTOP'); });
       });`,
    );
    // Each when the one before has been seen: on a busy computer, any time may be too short for it.
    await reader.until('calls are only counted', () =>
      entries(reader).some(({ kind }) => kind === 'folded'),
    );
    reader.type('server', 'fork\n');
    // The program, its tracer and its children.
    await until('all of its children run', () => {
      using found = footprint(process.pid);
      return found.processes.size > 20;
    });
    reader.type('server', 'stop\n');
    await reader.shows('server', 'stops itself');
    using running = footprint(process.pid);
    reader.say({ type: 'stop' });
    assert.deepEqual(await reader.end(), { kind: 'stopped' });
    assert.deepEqual(leftovers(running), []);
  });

  test('that kills its tracer ends its run', LIMIT, async () => {
    await using server = await serveIt();
    const reader = await startEdited(
      server.port,
      `${PROGRAM}\nprocess.stdin.on('data', () => process.kill(process.ppid, 'SIGKILL'));`,
    );
    await reader.shows('server', 'Listening');
    using running = footprint(process.pid);
    assert.ok(running.processes.size > 0);
    reader.type('server', 'now\n');
    const end = await reader.end();
    assert.deepEqual(end, { kind: 'finished', end: { kind: 'signaled', signal: 'SIGKILL' } });
    assert.deepEqual(leftovers(running), []);
  });

  test('ends as it would anywhere', LIMIT, async () => {
    await using server = await serveIt();
    const reader = await startEdited(
      server.port,
      `console.log('on my way'); process.exitCode = 7;`,
    );
    assert.deepEqual(await reader.end(), { kind: 'finished', end: { kind: 'exited', code: 7 } });
  });

  test('gets Ctrl-C', LIMIT, async () => {
    await using server = await serveIt();
    const reader = await Reader.start(server.port, LAB);
    await reader.connected('alice');
    reader.type('server', '\x03');
    const end = await reader.end();
    assert.deepEqual(end, { kind: 'finished', end: { kind: 'signaled', signal: 'SIGINT' } });
  });
});
