import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT } from '../core/flags.ts';
import { SIGURG, raise } from '../sys/signal.ts';
import { choosing, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { runProgram } from '../testing/program.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import { Event, evsignalNew, evtimerNew } from './event.ts';

checkDescriptors();

function urlOf(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url).href);
}

const WHEN = ['before', 'before, and deleted', 'after', 'before, in a callback'] as const;

/**
 * A parent and its child each with the same events. The child deletes one, which must not change
 * what the parent waits for, and each gets only its own signals.
 *
 * @param when - when the event for the signal is added
 */
function forkingProgram(method: string, when: (typeof WHEN)[number]): string {
  return `
    import { readdirSync } from 'node:fs';
    import * as sys from ${urlOf('../sys/index.ts')};
    import { Event, EventBase, EventConfig, EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT, evsignalNew }
      from ${urlOf('../index.ts')};
    const when = '${when}';
    const config = new EventConfig();
    ${choosing(method)}
    const base = new EventBase(config);
    const pairs = [new Int32Array(2), new Int32Array(2)];
    for (const pair of pairs) sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM, 0, pair);
    const ran = [];
    const byte = Buffer.alloc(1);
    const on = (name, fd) => new Event(base, fd, EV_READ | EV_PERSIST, () => {
      sys.read(fd, byte);
      ran.push(name);
    }, null);
    const shared = on('shared', pairs[0][0]);
    const own = on('own', pairs[1][0]);
    const signal = evsignalNew(base, sys.SIGURG, () => ran.push('signal'), null);
    for (const event of [shared, own]) event.add();
    if (when !== 'after') signal.add();
    if (when === 'before, and deleted') signal.del();
    const pass = () => base.loop(3);
    let child = -1;
    let result = -1;
    let opened = 0;
    const split = () => {
      child = sys.fork();
      if (child !== 0) return;
      const before = readdirSync('/proc/self/fd').length;
      result = base.reinit();
      opened = readdirSync('/proc/self/fd').length - before;
    };
    if (when === 'before, in a callback') {
      base.once(-1, EV_TIMEOUT, split, null);
      pass();
    } else {
      split();
    }
    if (signal.pending(EV_SIGNAL) === 0) signal.add();
    if (child === 0) {
      shared.del();
      sys.write(pairs[1][1], byte);
      sys.raise(sys.SIGURG);
      pass();
      pass();
      console.log(JSON.stringify(['child', result, opened, base.getMethod(), ran.sort()]));
      base.free();
      process.exit(0);
    }
    const status = new Int32Array(1);
    sys.waitpid(child, status);
    sys.write(pairs[0][1], byte);
    pass();
    console.log(JSON.stringify(['parent', status[0], ran.splice(0)]));
    sys.raise(sys.SIGURG);
    pass();
    console.log(JSON.stringify(['parent', ran]));
    base.free();
  `;
}

onEachBackend((makeBase, method) => {
  for (const when of WHEN) {
    test(`E09 after fork and reinit, parent and child each have a base of their own, signal added ${when}`, () => {
      const { status, stdout, stderr } = runProgram(forkingProgram(method, when));
      assert.equal(stderr, '');
      assert.equal(status, 0);
      assert.deepEqual(stdout.trim().split('\n'), [
        JSON.stringify(['child', 0, 0, method, ['own', 'signal']]),
        JSON.stringify(['parent', 0, ['shared']]),
        JSON.stringify(['parent', ['signal']]),
      ]);
    });
  }

  test('E09 reinit keeps everything that waits or is active', () => {
    using pair = new Pair();
    using base = makeBase();
    const ran: string[] = [];
    using reader = new Event(base, pair.a, EV_READ | EV_PERSIST, (fd) => ran.push(`${get(fd)}`), 0);
    using timer = evtimerNew(base, () => ran.push('timer'), null);
    using active = evtimerNew(base, () => ran.push('active'), null);
    using signal = evsignalNew(base, SIGURG, () => ran.push('signal'), null);
    reader.add();
    timer.add(100);
    const { deadline } = timer;
    active.active(EV_READ);
    signal.add();
    // From a callback too, where a server forks.
    evtimerNew(base, () => ran.push(`reinit ${String(base.reinit())}`), null).active(EV_READ);
    pass(base);
    assert.deepEqual(ran.splice(0), ['active', 'reinit 0']);
    put(pair.b, 'x');
    raise(SIGURG);
    pass(base);
    assert.deepEqual(ran.splice(0).sort(), ['signal', 'x']);
    assert.equal(signal.pending(EV_SIGNAL), EV_SIGNAL);
    signal.del();
    reader.del();
    assert.equal(timer.pending(EV_TIMEOUT), EV_TIMEOUT);
    assert.equal(timer.deadline, deadline);
    timer.add(0);
    assert.equal(base.dispatch(), 1);
    assert.deepEqual(ran, ['timer']);
  });
});
