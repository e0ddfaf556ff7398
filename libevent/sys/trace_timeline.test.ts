import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { HERE, Traced, short } from '../testing/traced.ts';
import type { Line } from '../testing/traced.ts';
import {
  TRACE_BUDGET_VARIABLE,
  TRACE_CALLBACKS_VARIABLE,
  TRACE_CALLS_VARIABLE,
  TRACE_SITES_VARIABLE,
} from './trace_variables.ts';

/** No call is beyond it, however slow this computer is. */
const ENOUGH = '1000000';

function sum(records: readonly Line[]): number {
  return records.reduce((all, { calls }) => all + Number(calls ?? 0), 0);
}

suite('lines of programs', () => {
  test('are told with each call', async () => {
    await using traced = new Traced(
      `
      function closes() {
        sys.close(-1);
      }
      closes();
      sys.getpid();
    `,
      { [TRACE_SITES_VARIABLE]: HERE },
    );
    const records = await traced.rest();
    assert.deepEqual(
      records.flatMap(({ type, file, line }) => (type === 'enter' ? [[file, line]] : [])),
      [
        ['program.mjs', 3],
        ['program.mjs', 6],
      ],
    );
  });

  test('of another folder are not, and stacks of errors stay as they were', async () => {
    await using traced = new Traced(
      `sys.close(-1); if (!new Error('x').stack.includes('program.mjs')) sys.getpid();`,
      { [TRACE_SITES_VARIABLE]: '/nowhere' },
    );
    const records = await traced.rest();
    assert.deepEqual(records.map(short), ['close(-1)', '= -1 EBADF']);
    assert.equal(records[0]?.file, undefined);
  });
});

suite('callbacks', () => {
  const LOOP = `
    const base = new libevent.EventBase();
    const pair = new Int32Array(2);
    sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0, pair);
    function onReady(fd) {
      sys.recv(fd, Buffer.alloc(8), 8, 0);
    }
    const { EV_READ, EV_PERSIST } = libevent;
    new libevent.Event(base, pair[1], EV_READ | EV_PERSIST, onReady, null).add();
    for (let i = 0; i < 2; i++) {
      sys.send(pair[0], Buffer.from('x'), 1, 0);
      base.loop(libevent.EVLOOP_ONCE);
    }
  `;

  test('are told around the calls that they make, with the line of their function once it is known', async () => {
    await using traced = new Traced(LOOP, {
      [TRACE_CALLS_VARIABLE]: 'recv',
      [TRACE_CALLBACKS_VARIABLE]: '1',
      [TRACE_SITES_VARIABLE]: HERE,
    });
    const records = await traced.rest();
    assert.deepEqual(
      records.map(({ type, what, line }) => [type, what, line]),
      [
        ['callback', 'EV_READ', undefined],
        ['enter', undefined, 6],
        ['exit', undefined, undefined],
        ['return', undefined, undefined],
        ['callback', 'EV_READ', 5],
        ['enter', undefined, 6],
        ['exit', undefined, undefined],
        ['return', undefined, undefined],
      ],
    );
    assert.equal(records[0]?.id, records[3]?.id);
  });

  test('are not, if nobody asks', async () => {
    await using traced = new Traced(LOOP, { [TRACE_CALLS_VARIABLE]: 'recv' });
    const types = (await traced.rest()).map(({ type }) => type);
    assert.deepEqual(types, ['enter', 'exit', 'enter', 'exit']);
  });

  test('that compute are told of before they end', async () => {
    await using traced = new Traced(
      `
      const base = new libevent.EventBase();
      const wait = new Int32Array(new SharedArrayBuffer(4));
      base.once(-1, libevent.EV_TIMEOUT, () => Atomics.wait(wait, 0, 0), null, 0);
      base.dispatch();
    `,
      { [TRACE_CALLS_VARIABLE]: '', [TRACE_CALLBACKS_VARIABLE]: '1' },
    );
    // It goes on for ever, and is told of.
    assert.equal((await traced.next())?.what, 'EV_TIMEOUT');
  });
});

suite('a budget', () => {
  test('bounds the records, and every call is in them or counted', async () => {
    await using traced = new Traced(
      `
      for (let i = 0; i < 50_000; i++) sys.close(-1);
      sys.read(0, Buffer.alloc(1));
    `,
      { [TRACE_BUDGET_VARIABLE]: '200' },
    );
    const records: Line[] = [];
    while (records.at(-1)?.call !== 'read') {
      const record = await traced.next();
      if (record === null) break;
      records.push(record);
    }
    const closes = records.filter(({ call, type }) => call === 'close' && type === 'enter').length;
    assert.equal(closes + sum(records), 50_000);
    assert.ok(sum(records) > 25_000, 'most are counted');
    // What it waits in is told although nothing is left, and after what was counted.
    assert.equal(records.at(-1)?.type, 'enter');
    assert.equal(records.at(-2)?.type, 'folded');
    traced.process.stdin?.write('x');
  });

  test('leaves all as it is while there is room', async () => {
    await using traced = new Traced('for (let i = 0; i < 50; i++) sys.close(-1);', {
      [TRACE_BUDGET_VARIABLE]: ENOUGH,
    });
    const records = await traced.rest();
    assert.equal(records.length, 100);
    assert.equal(sum(records), 0);
  });

  test('changes nothing of what calls return, or of errno', async () => {
    await using traced = new Traced(
      `
      const pair = new Int32Array(2);
      sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM, 0, pair);
      const bytes = Buffer.alloc(100);
      const told = [];
      const tell = (result) => told.push(result < 0 ? sys.errno() : result);
      for (let i = 0; i < 100; i++) sys.close(-1);
      tell(sys.send(pair[0], bytes, 10, 0));
      tell(sys.recv(pair[1], bytes, 100, 0));
      tell(sys.recv(pair[1], bytes, 100, sys.MSG_DONTWAIT));
      tell(sys.read(-1, bytes));
      tell(sys.send(-1, bytes, 1, 0));
      tell(sys.waitpid(-1, null));
      sys.fcntl(pair[1], sys.F_SETFL, sys.O_NONBLOCK);
      tell(sys.recv(pair[1], bytes, 100, 0));
      tell(sys.read(pair[1], bytes));
      tell(sys.accept4(pair[1], null, 0));
      process.stdout.write(JSON.stringify(told));
    `,
      { [TRACE_BUDGET_VARIABLE]: '1' },
    );
    const [EBADF, ECHILD, EAGAIN, EINVAL] = [9, 10, 11, 22];
    const told = await traced.printed();
    assert.deepEqual(told, [10, 10, EAGAIN, EBADF, EBADF, ECHILD, EAGAIN, EAGAIN, EINVAL]);
  });
});

test('the end of a thread is told', async () => {
  await using traced = new Traced(`
    import { Worker, isMainThread } from 'node:worker_threads';
    if (isMainThread) new Worker(new URL(import.meta.url));
    else sys.close(-1);
  `);
  const records = await traced.rest();
  assert.deepEqual(records.map(short), ['close(-1)', '= -1 EBADF', 'pthread_exit()']);
  assert.ok(records.every(({ thread }) => thread === records[0]?.thread && thread !== 0));
});

for (const [how, environment] of [
  ['with room for records', {}],
  ['with none', { [TRACE_BUDGET_VARIABLE]: '1' }],
] as const) {
  test(`a send that waits in the middle is told before it does, and returns the whole, ${how}`, async () => {
    await using traced = new Traced(
      `
    const pair = new Int32Array(2);
    sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM, 0, pair);
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'x');
    const reader = sys.fork();
    if (reader === 0) {
      // Only when this process has been told to.
      sys.read(0, Buffer.alloc(1));
      sys.close(pair[0]);
      let all = 0;
      for (let got = 1; got > 0; all += got) got = sys.recv(pair[1], bytes, bytes.length, 0);
      sys._exit(all === bytes.length ? 0 : 1);
    }
    sys.close(pair[1]);
    const sent = sys.send(pair[0], bytes, bytes.length, 0);
    sys.close(pair[0]);
    const status = new Int32Array(1);
    sys.waitpid(reader, status);
    process.stdout.write(JSON.stringify([sent, status[0]]));
  `,
      { [TRACE_CALLS_VARIABLE]: 'send', ...environment },
    );
    const enter = await traced.next();
    assert.equal(enter?.call, 'send');
    assert.match(short(enter), new RegExp(`${8 * 1024 * 1024} bytes`));
    traced.process.stdin?.write('x');
    assert.equal(short((await traced.next()) ?? {}), `= ${8 * 1024 * 1024}`);
    // Each byte has come once, says who counted them.
    assert.deepEqual(await traced.printed(), [8 * 1024 * 1024, 0]);
  });
}

test('what is gathered is written once, by whoever gathered it', async () => {
  await using traced = new Traced(`
    for (let i = 0; i < 100; i++) sys.close(-1);
    const pid = sys.fork();
    if (pid === 0) {
      for (let i = 0; i < 100; i++) sys.close(-2);
      process.on('exit', () => sys.close(-3));
      process.exit(0);
    }
    sys.waitpid(pid, null);
    process.on('exit', () => sys.close(-4));
    throw new Error('nobody catches this');
  `);
  traced.process.stderr?.resume();
  const { pid } = traced.process;
  const records = await traced.rest();
  const count = (text: string, ofParent: boolean): number =>
    records.filter((each) => short(each) === text && (each.pid === pid) === ofParent).length;
  assert.deepEqual([count('close(-1)', true), count('close(-1)', false)], [100, 0]);
  assert.deepEqual([count('close(-2)', true), count('close(-2)', false)], [0, 100]);
  assert.deepEqual([count('close(-3)', false), count('close(-4)', true)], [1, 1]);
});
