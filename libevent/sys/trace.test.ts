import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { types } from 'node:util';
import koffi from 'koffi';
import { Traced, short } from '../testing/traced.ts';
import { libc } from './libc.ts';
import { tracedLibrary } from './trace.ts';
import { traceDescriptor, traceSettings } from './trace_settings.ts';
import {
  TRACE_CALLS_VARIABLE,
  TRACE_COUNTS_VARIABLE,
  TRACE_REPEATS_VARIABLE,
  TRACE_VARIABLE,
} from './trace_variables.ts';

test('each call is told before and after, in words', async () => {
  await using traced = new Traced(`
    const fd = sys.socket(sys.AF_INET, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0);
    sys.bind(fd, { family: 'IPv4', address: '127.0.0.1', port: 0 });
    sys.accept4(fd, null, sys.SOCK_CLOEXEC);
    sys.setsockopt(fd, sys.SOL_SOCKET, sys.SO_REUSEADDR, 1);
    sys.fcntl(fd, sys.F_SETFL, sys.O_NONBLOCK);
    const pair = new Int32Array(2);
    sys.pipe2(pair);
    sys.write(pair[1], Buffer.from('hello\\n'));
    sys.read(pair[0], Buffer.alloc(100));
    sys.close(-1);
  `);
  const { pid } = traced.process;
  const records = await traced.rest();
  const numbers = (text: string): string => text.replaceAll(/\b\d{2,}\b(?!\.)/g, 'N');
  assert.deepEqual(records.map(short).map(numbers), [
    'socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0)',
    '= N',
    'bind(N, 127.0.0.1:0)',
    '= 0',
    'accept4(N, SOCK_CLOEXEC)',
    '= -1 EINVAL',
    'setsockopt(N, SOL_SOCKET, SO_REUSEADDR, 1)',
    '= 0',
    'fcntl(N, F_SETFL, O_NONBLOCK)',
    '= 0',
    'pipe2(0)',
    '= 0 N, N',
    'write(N, "hello\\n", 6 bytes)',
    '= 6',
    'read(N, N bytes)',
    '= 6 "hello\\n"',
    'close(-1)',
    '= -1 EBADF',
  ]);
  for (const [i, record] of records.entries()) {
    assert.equal(record.id, Math.floor(i / 2) + 1);
    assert.equal(record.pid, pid);
    assert.equal(record.thread, 0);
    assert.ok(Number(record.time) >= Number(records[i - 1]?.time ?? 0));
  }
});

test('bytes that a call has by their address alone are told too', async () => {
  const module = JSON.stringify(new URL('./raw_io.ts', import.meta.url).href);
  await using traced = new Traced(`
    import { addressOf, readTo, writeFrom } from ${module};
    const bytes = Buffer.from('somewhere in memory');
    const pair = new Int32Array(2);
    sys.pipe2(pair);
    writeFrom(pair[1], addressOf(bytes), 9);
    readTo(pair[0], addressOf(bytes) + 10, 9);
  `);
  const records = (await traced.rest()).map(short);
  assert.match(records[2] ?? '', /^write\(\d+, "somewhere", 9 bytes\)$/);
  assert.match(records[5] ?? '', /^= 9 "somewhere"$/);
});

test('a call that blocks is told before it returns', async () => {
  await using traced = new Traced('sys.read(0, Buffer.alloc(10));');
  const enter = await traced.next();
  assert.equal(enter === null ? '' : short(enter), 'read(0, 10 bytes)');
  // The other record cannot be there: what the call waits for is only sent now.
  traced.process.stdin?.write('go');
  const exit = await traced.next();
  assert.equal(exit === null ? '' : short(exit), '= 2 "go"');
});

test('a child traces under its own number, and errno is what the call left', async () => {
  await using traced = new Traced(`
    const pid = sys.fork();
    if (pid === 0) sys._exit(sys.close(-1) === -1 && sys.errno() === sys.EBADF ? 5 : 1);
    sys.waitpid(pid, new Int32Array(1));
  `);
  const records = await traced.rest();
  const { pid } = traced.process;
  const child = records.find(
    ({ call, type, result }) => call === 'fork' && type === 'exit' && result === 0,
  )?.pid;
  assert.ok(typeof child === 'number' && child !== pid);
  const ofChild = records.filter((record) => record.pid === child).map(short);
  assert.deepEqual(ofChild.slice(-3), ['close(-1)', '= -1 EBADF', '_exit(5)']);
  const ofParent = records.filter((record) => record.pid === pid).map(short);
  assert.deepEqual(
    ofParent.slice(-2),
    [`waitpid(${child})`, `= ${child} exited with 5`].map((line) => line.replace(')', ', 0)')),
  );
});

test('a program goes on when nobody reads its trace, or the descriptor is not open', async () => {
  const program = `
    process.stdout.write(String(sys.close(-1)));
    sys.read(0, Buffer.alloc(1));
    process.stdout.write(String(sys.close(-1)));
  `;
  for (const variable of ['3', '999']) {
    await using traced = new Traced(program, { [TRACE_VARIABLE]: variable });
    const { stdout, stdin } = traced.process;
    assert.ok(stdout !== null && stdin !== null);
    const pipe = traced.process.stdio[3];
    assert.ok(pipe instanceof Readable);
    pipe.destroy();
    await once(stdout, 'data');
    stdin.write('.');
    const exit: unknown[] = await once(traced.process, 'exit');
    assert.deepEqual(exit, [0, null]);
  }
});

test('off: a function of the C library is the C library’s own', () => {
  assert.equal(process.env[TRACE_VARIABLE], undefined);
  const prototype = 'int getpid(void)';
  assert.equal(types.isProxy(libc.func(prototype)), false);
  // What it would be otherwise; nothing is called, so nothing is written.
  const settings = traceSettings({ [TRACE_VARIABLE]: '1000' }) ?? assert.fail();
  const traced = tracedLibrary(koffi.load(null), () => settings);
  assert.equal(types.isProxy(traced.func(prototype)), true);
});

test('the variable is the number of a descriptor', () => {
  assert.equal(traceDescriptor({}), null);
  assert.equal(traceDescriptor({ [TRACE_VARIABLE]: '' }), null);
  assert.equal(traceDescriptor({ [TRACE_VARIABLE]: '3' }), 3);
  for (const text of ['x', '-1', '1.5', ' 3', '1e1']) {
    assert.throws(() => traceDescriptor({ [TRACE_VARIABLE]: text }), RangeError);
  }
});

test('only the calls that are asked for are recorded', async () => {
  await using traced = new Traced('sys.close(-1); sys.getpid(); sys.close(-2);', {
    [TRACE_CALLS_VARIABLE]: 'getpid,select',
  });
  const { pid } = traced.process;
  assert.deepEqual((await traced.rest()).map(short), ['getpid()', `= ${String(pid)}`]);
});

test('calls are counted, a child’s apart from its parent’s', async () => {
  await using traced = new Traced(
    `
    for (let i = 0; i < 100; i++) sys.close(-1);
    const pid = sys.fork();
    if (pid === 0) {
      for (let i = 0; i < 10; i++) sys.close(-1);
      sys._exit(0);
    }
    sys.waitpid(pid, null);
    for (let i = 0; i < 5; i++) sys.close(-1);
    sys.getpid();
  `,
    { [TRACE_CALLS_VARIABLE]: '', [TRACE_COUNTS_VARIABLE]: '0' },
  );
  const { pid } = traced.process;
  const sums = new Map<string, number>();
  for (const { type, counts, pid: each } of await traced.rest()) {
    assert.equal(type, 'counts');
    assert.ok(typeof counts === 'object' && counts !== null);
    for (const [name, count] of Object.entries(counts)) {
      const key = `${each === pid ? 'parent' : 'child'} ${name}`;
      sums.set(key, (sums.get(key) ?? 0) + Number(count));
    }
  }
  assert.equal(sums.get('parent close'), 105);
  assert.equal(sums.get('child close'), 10);
  assert.equal(sums.get('parent waitpid'), 1);
});

/** A loop that selects a pipe to be written to, and another to be read. */
const SELECTING = `
  const [full, empty] = [new Int32Array(2), new Int32Array(2)];
  sys.pipe2(full);
  sys.pipe2(empty);
  const [read, write] = [new sys.fd_set(), new sys.fd_set()];
  const most = Math.max(...full, ...empty) + 1;
  const round = (writes, reads) => {
    sys.FD_ZERO(read);
    sys.FD_ZERO(write);
    if (reads) sys.FD_SET(empty[0], read);
    if (writes) sys.FD_SET(full[1], write);
    return sys.select(most, read, write, null, null);
  };
`;

test('a select like the one before is counted, and one that differs is told', async () => {
  await using traced = new Traced(
    `${SELECTING}
    for (let i = 0; i < 1000; i++) round(true, true);
    sys.write(empty[1], Buffer.from('x'));
    // What goes in is the same as before, and what comes out is not.
    if (round(true, true) !== 2) throw new Error('not two');
    for (let i = 0; i < 100; i++) round(true, true);
    for (let i = 0; i < 10; i++) round(true, false);
    round(false, true);
    `,
    // No second record of the same because time has gone by, however slow this computer is.
    { [TRACE_CALLS_VARIABLE]: 'select', [TRACE_REPEATS_VARIABLE]: '3600000' },
  );
  const records = await traced.rest();
  assert.deepEqual(
    records.map(({ type }) => type),
    ['enter', 'exit', 'enter', 'exit', 'enter', 'exit', 'enter', 'exit'],
  );
  assert.deepEqual(
    records.flatMap(({ type, repeated }) => (type === 'enter' ? [repeated ?? 0] : [])),
    [0, 999, 100, 9],
  );
  assert.deepEqual(
    records.flatMap(({ type, result }) => (type === 'exit' ? [result] : [])),
    [1, 2, 1, 1],
  );
  const times = records.map(({ time }) => Number(time));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('a select that waits is told before it returns, however like the one before', async () => {
  await using traced = new Traced(
    `${SELECTING}
    const again = () => {
      round(false, true);
      sys.read(empty[0], Buffer.alloc(1));
    };
    sys.write(empty[1], Buffer.from('xx'));
    again();
    again();
    const writer = sys.fork();
    if (writer === 0) {
      // Only when this process has been told to.
      sys.read(0, Buffer.alloc(1));
      sys.write(empty[1], Buffer.from('x'));
      sys._exit(0);
    }
    again();
    sys.waitpid(writer, null);
    `,
    { [TRACE_CALLS_VARIABLE]: 'select', [TRACE_REPEATS_VARIABLE]: '3600000' },
  );
  const types = [];
  for (let i = 0; i < 3; i++) types.push(await traced.next());
  assert.deepEqual(
    types.map((record) => [record?.type, record?.repeated]),
    [
      ['enter', undefined],
      ['exit', undefined],
      ['enter', 1],
    ],
  );
  traced.process.stdin?.write('.');
  assert.equal((await traced.next())?.type, 'exit');
});

test('a loop that spins for a long time tells of itself again and again, and of little', async () => {
  await using traced = new Traced(
    `${SELECTING}
    const end = performance.now() + 1000;
    let rounds = 0;
    for (; performance.now() < end; rounds++) round(true, true);
    round(true, false);
    sys.close(-rounds);
    `,
    { [TRACE_CALLS_VARIABLE]: 'select,close', [TRACE_REPEATS_VARIABLE]: '50' },
  );
  const records = await traced.rest();
  const selects = records.filter(({ type, call }) => type === 'enter' && call === 'select');
  // A second has twenty times 50 ms, and one more differs.
  assert.ok(selects.length > 1 && selects.length <= 22, `${selects.length} records`);
  const repeated = selects.reduce((sum, record) => sum + Number(record.repeated ?? 0), 0);
  const rounds = -Number(/-\d+/.exec(short(records.at(-2) ?? {}))?.[0]);
  assert.equal(selects.length - 1 + repeated, rounds);
});

test('what to trace is read from the environment', () => {
  assert.equal(traceSettings({ [TRACE_CALLS_VARIABLE]: 'recv' }), null);
  assert.deepEqual(
    traceSettings({
      [TRACE_VARIABLE]: '3',
      [TRACE_CALLS_VARIABLE]: 'recv,send',
      [TRACE_COUNTS_VARIABLE]: '250',
      [TRACE_REPEATS_VARIABLE]: '50',
    }),
    {
      ...{ descriptor: 3, calls: new Set(['recv', 'send']), countsEvery: 250, repeatsEvery: 50 },
      ...{ sites: null, callbacks: false, budget: null },
    },
  );
  assert.throws(
    () => traceSettings({ [TRACE_VARIABLE]: '3', [TRACE_COUNTS_VARIABLE]: 'often' }),
    RangeError,
  );
});

test('what lies at an address is told as if it were a buffer', async () => {
  const evbuffer = JSON.stringify(new URL('../buffer/evbuffer.ts', import.meta.url).href);
  await using traced = new Traced(`
    const { Evbuffer } = await import(${evbuffer});
    const pair = new Int32Array(2);
    sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM, 0, pair);
    const buffer = new Evbuffer();
    buffer.add('known by its address');
    buffer.send(pair[0]);
    buffer.read(pair[1], 5);
  `);
  const lines = (await traced.rest()).map(short).map((line) => line.replace(/\(\d+, /, '(fd, '));
  assert.deepEqual(lines.slice(2), [
    'send(fd, "known by its address", 20 bytes, MSG_NOSIGNAL)',
    '= 20',
    'read(fd, 5 bytes)',
    '= 5 "known"',
  ]);
});
