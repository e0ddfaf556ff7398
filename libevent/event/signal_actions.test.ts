import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { EVLOOP_NONBLOCK } from '../core/loop.ts';
import {
  SIGCONT,
  SIGTERM,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
  SIG_IGN,
  Sigaction,
  raise,
  sigaction,
} from '../sys/signal.ts';
import { loggedBy, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { runProgram } from '../testing/program.ts';
import { evsignalNew } from './event.ts';

checkDescriptors();

function actionOf(signum: number): Sigaction {
  const action = new Sigaction();
  assert.equal(sigaction(signum, null, action), 0);
  return action;
}

/** A worker with an event for SIGUSR2 that does what it is asked. */
class SignalThread implements AsyncDisposable {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async start(method: string): Promise<SignalThread> {
    const urlOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const worker = new Worker(
      `
        const { parentPort } = require('node:worker_threads');
        const modules = [${urlOf('./event.ts')}, ${urlOf('../testing/backends.ts')}];
        Promise.all(modules.map((url) => import(url))).then(([{ evsignalNew }, testing]) => {
          const base = testing.makeBaseOn('${method}');
          let calls = 0;
          const event = evsignalNew(base, ${String(SIGUSR2)}, () => calls++, null);
          const answers = {
            add: () => testing.loggedBy(() => event.add()).length,
            del: () => event.del(),
            pass: () => (base.loop(${String(EVLOOP_NONBLOCK)}), calls),
            free: () => (base.free(), 0),
          };
          parentPort.on('message', (what) => parentPort.postMessage(answers[what]()));
          parentPort.postMessage(0);
        });
      `,
      { eval: true },
    );
    await once(worker, 'message');
    return new SignalThread(worker);
  }

  async ask(what: 'add' | 'del' | 'pass' | 'free'): Promise<number> {
    this.#worker.postMessage(what);
    const answers: unknown[] = await once(this.#worker, 'message');
    return Number(answers[0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ask('free');
    await this.#worker.terminate();
  }
}

onEachBackend((makeBase, method) => {
  test('E65 after del, and after the base, the process does again what it did before', () => {
    const ignored = new Sigaction(SIG_IGN);
    const before = new Sigaction();
    assert.equal(sigaction(SIGUSR2, ignored, before), 0);
    const base = makeBase();
    const event = evsignalNew(base, SIGUSR2, () => undefined, null);
    event.add();
    assert.notEqual(actionOf(SIGUSR2).handler, SIG_IGN);
    event.del();
    assert.equal(actionOf(SIGUSR2).handler, SIG_IGN);
    event.add();
    base.free();
    assert.equal(actionOf(SIGUSR2).handler, SIG_IGN);
    assert.equal(event.del(), 0);
    assert.equal(sigaction(SIGUSR2, before, null), 0);
  });

  test('E65 a signal after del does nothing to the base', () => {
    using base = makeBase();
    using event = evsignalNew(base, SIGCONT, () => assert.fail('ran after del'), null);
    event.add();
    event.del();
    raise(SIGCONT);
    assert.equal(base.loop(EVLOOP_NONBLOCK), 1);
  });

  test('E65 a signal that came and was deleted before the loop runs nothing', () => {
    using base = makeBase();
    using event = evsignalNew(base, SIGUSR1, () => assert.fail('ran after del'), null);
    event.add();
    raise(SIGUSR1);
    event.del();
    base.loopExit();
    assert.equal(base.dispatch(), 0);
  });

  test('E65 Node gets its signals back, and a handler of Node that came later stays', async () => {
    const base = makeBase();
    let seen = 0;
    let calls = 0;
    const handler = (): void => {
      seen++;
    };
    process.on('SIGURG', handler);
    const event = evsignalNew(base, SIGURG, () => calls++, null);
    event.add();
    raise(SIGURG);
    pass(base);
    assert.deepEqual([calls, seen], [1, 0]);
    event.del();
    const got = once(process, 'SIGURG');
    raise(SIGURG);
    await got;
    assert.deepEqual([calls, seen], [1, 1]);
    process.off('SIGURG', handler);
    const winch = evsignalNew(base, SIGWINCH, () => calls++, null);
    winch.add();
    process.on('SIGWINCH', handler);
    winch.del();
    const late = once(process, 'SIGWINCH');
    raise(SIGWINCH);
    await late;
    assert.deepEqual([calls, seen], [1, 2]);
    process.off('SIGWINCH', handler);
    base.free();
  });

  test('E66 of two bases with one signal the last to add it gets it, with a warning', () => {
    for (const last of [0, 1]) {
      const bases = [makeBase(), makeBase()];
      const calls = [0, 0];
      const events = bases.map((base, i) =>
        evsignalNew(base, SIGUSR1, () => (calls[i] = (calls[i] ?? 0) + 1), null),
      );
      const logged = loggedBy(() => {
        events[1 - last]?.add();
        events[last]?.add();
      });
      assert.equal(logged.length, 1);
      assert.match(String(logged[0]), /^2 signal \d+ is added to a second event base/);
      raise(SIGUSR1);
      for (const base of bases) base.loop(EVLOOP_NONBLOCK);
      assert.deepEqual(calls, last === 0 ? [1, 0] : [0, 1]);
      // When it gives the signal up, the other one has it again.
      events[last]?.del();
      raise(SIGUSR1);
      for (const base of bases) base.loop(EVLOOP_NONBLOCK);
      assert.deepEqual(calls, [1, 1]);
      for (const base of bases) base.free();
    }
  });

  test('E66 of two threads with one signal the last to add it gets it, with a warning', async () => {
    const ignored = new Sigaction(SIG_IGN);
    const before = new Sigaction();
    assert.equal(sigaction(SIGUSR2, ignored, before), 0);
    using base = makeBase();
    let calls = 0;
    using event = evsignalNew(base, SIGUSR2, () => calls++, null);
    await using other = await SignalThread.start(method);
    const add = (): number => loggedBy(() => event.add()).length;
    const raised = async (): Promise<[number, number]> => {
      raise(SIGUSR2);
      pass(base);
      return [calls, await other.ask('pass')];
    };
    assert.equal(add(), 0);
    assert.equal(await other.ask('add'), 1);
    assert.deepEqual(await raised(), [0, 1]);
    await other.ask('del');
    assert.deepEqual(await raised(), [1, 1]);
    // Given up by the one that does not get it, then added again.
    await other.ask('add');
    event.del();
    assert.deepEqual(await raised(), [1, 2]);
    assert.equal(add(), 1);
    assert.deepEqual(await raised(), [2, 2]);
    // Neither wants it: the process does again what it did before both.
    await other.ask('del');
    event.del();
    assert.equal(actionOf(SIGUSR2).handler, SIG_IGN);
    assert.equal(sigaction(SIGUSR2, before, null), 0);
  });

  test('E66 two bases with different signals each get theirs', () => {
    using one = makeBase();
    using other = makeBase();
    const ran: string[] = [];
    using first = evsignalNew(one, SIGUSR1, () => ran.push('one'), null);
    using second = evsignalNew(other, SIGUSR2, () => ran.push('other'), null);
    first.add();
    second.add();
    raise(SIGUSR2);
    raise(SIGUSR1);
    pass(one);
    assert.deepEqual(ran, ['one']);
    pass(other);
    assert.deepEqual(ran, ['one', 'other']);
  });
});

// What follows is between threads, whatever backend each of them has.

/** Has a signal ignored while a function runs, which must leave it so. */
async function ignoring(signum: number, body: () => Promise<void>): Promise<void> {
  const before = new Sigaction();
  assert.equal(sigaction(signum, new Sigaction(SIG_IGN), before), 0);
  await body();
  assert.equal(actionOf(signum).handler, SIG_IGN);
  assert.equal(sigaction(signum, before, null), 0);
}

test('E66 of three threads with one signal the last that still has it added gets it', async () => {
  await using a = await SignalThread.start('epoll');
  await using b = await SignalThread.start('epoll');
  await using c = await SignalThread.start('epoll');
  const threads = new Map(Object.entries({ a, b, c }));
  const counts = async (): Promise<number[]> => {
    const all: number[] = [];
    for (const thread of threads.values()) all.push(await thread.ask('pass'));
    return all;
  };
  // Who adds the signal, in capitals, and who deletes it; then who gets it.
  for (const [steps, last] of [
    ['ABb', 'a'],
    ['ABa', 'b'],
    ['ABbCc', 'a'],
    ['ABCc', 'b'],
    ['ABCbc', 'a'],
    ['ABCcb', 'a'],
    ['ABCac', 'b'],
    ['ABCab', 'c'],
    ['ABaAb', 'a'],
    ['ABaAa', 'b'],
    ['ABCbcBa', 'b'],
    ['ABCbac', ''],
    ['ABaAbaCc', ''],
  ] as const) {
    await ignoring(SIGUSR2, async () => {
      const before = await counts();
      for (const step of steps) {
        const name = step.toLowerCase();
        await threads.get(name)?.ask(step === name ? 'del' : 'add');
      }
      raise(SIGUSR2);
      const after = await counts();
      const heard = [...threads.keys()].filter((_, i) => after[i] !== before[i]);
      assert.equal(heard.join(''), last, steps);
      assert.equal(actionOf(SIGUSR2).handler === SIG_IGN, last === '', steps);
      for (const thread of threads.values()) await thread.ask('del');
    });
  }
});

// What a worker leaves behind, descriptors too, stays until the process ends.
for (const how of ['exit', 'terminate'] as const) {
  test(`E66 a worker that ended by ${how}() with signals added keeps them from nobody`, () => {
    const { signal, stdout, stderr } = runProgram(leavingProgram(how), []);
    assert.deepEqual([signal, stdout, stderr], ['SIGTERM', '[] heard\n', '']);
  });
}

test('E66 a worker that ends by itself gives its signals up', () => {
  const { signal, stdout, stderr } = runProgram(leavingProgram('exit', false), []);
  assert.deepEqual([signal, stdout, stderr], ['SIGTERM', '', '']);
});

/** A program whose workers end with an event for SIGTERM added, and which ends by that signal. */
function leavingProgram(how: 'exit' | 'terminate', isWanted = true): string {
  const urlOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  return `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    import { EventBase, evsignalNew } from ${urlOf('../index.ts')};
    import { kill } from ${urlOf('../sys/index.ts')};
    import { loggedBy } from ${urlOf('../testing/backends.ts')};
    async function runWorker() {
      const worker = new Worker(\`
        import { parentPort } from 'node:worker_threads';
        parentPort.on('message', () => process.exit());
        import(${urlOf('../index.ts')}).then(({ EventBase, evsignalNew, eventSetLogCallback }) => {
          eventSetLogCallback(() => undefined);
          evsignalNew(new EventBase(), ${String(SIGTERM)}, () => undefined, null).add();
          parentPort.postMessage('added');
        });
      \`, { eval: true });
      await once(worker, 'message');
      const ended = once(worker, 'exit');
      ${how === 'exit' ? "worker.postMessage('end')" : 'worker.terminate()'};
      await ended;
    }
    await runWorker();
    if (${String(isWanted)}) {
      const base = new EventBase();
      const event = evsignalNew(base, ${String(SIGTERM)}, () => {
        base.loopExit();
        console.log(JSON.stringify(warnings), 'heard');
      }, null);
      const warnings = loggedBy(() => event.add());
      await runWorker();
      // Given up by one that is not the last either.
      event.del();
      event.add();
      kill(process.pid, ${String(SIGTERM)});
      base.dispatch();
      event.del();
    }
    kill(process.pid, ${String(SIGTERM)});
    setTimeout(() => console.log('survived'), 1000);
  `;
}
