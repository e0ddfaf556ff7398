import assert from 'node:assert/strict';
import { beforeEach, suite, test } from 'node:test';
import {
  EVENT_BASE_FLAG_IGNORE_ENV,
  EVENT_BASE_FLAG_STARTUP_IOCP,
  EventConfig,
} from '../core/config.ts';
import { EV_FEATURE_EARLY_CLOSE, EV_FEATURE_ET, EV_FEATURE_O1 } from '../core/eventop.ts';
import { SystemError } from '../core/errors.ts';
import { EV_PERSIST, EV_READ } from '../core/flags.ts';
import { Event } from '../event/event.ts';
import { EventBase } from '../event/event_base.ts';
import { COMPLETION, loggedBy, makeBaseOn } from '../testing/backends.ts';
import { checkDescriptors, withDescriptors } from '../testing/descriptors.ts';
import { pass } from '../testing/loop.ts';
import { runProgram } from '../testing/program.ts';
import { Pair, put } from '../testing/sockets.ts';
import { Traced } from '../testing/traced.ts';
import { whyNoUring } from '../testing/uring.ts';

checkDescriptors();

const VARIABLE = 'EVENT_COMPLETION';

beforeEach(() => Reflect.deleteProperty(process.env, VARIABLE));

/** The name of a base's backend, and what its features are. */
function baseWith(configure: (config: EventConfig) => void): [string, number] {
  using config = new EventConfig();
  configure(config);
  using base = new EventBase(config);
  return [base.getMethod(), base.getFeatures()];
}

function urlOf(path: string): string {
  return JSON.stringify(new URL(path, import.meta.url).href);
}

const LIBRARY = `
  import * as sys from ${urlOf('../sys/index.ts')};
  import { Bufferevent, EventBase, EventConfig, EVENT_BASE_FLAG_STARTUP_IOCP, Evconnlistener, EV_READ }
    from ${urlOf('../index.ts')};
  const config = new EventConfig();
  config.setFlag(EVENT_BASE_FLAG_STARTUP_IOCP);
`;

/** From now on io_uring_setup(2) fails with EPERM in the process: seccomp(2). */
const FORBIDDEN = `
  import koffi from ${JSON.stringify(import.meta.resolve('koffi'))};
  const libc = koffi.load(null);
  // struct sock_filter: load the number of the call, is it 425, return EPERM, return ALLOW.
  const filter = Buffer.alloc(32);
  [[0x20, 0, 0, 0], [0x15, 0, 1, 425], [0x06, 0, 0, 0x00050001], [0x06, 0, 0, 0x7fff0000]].forEach(
    ([code, ifEqual, ifNot, operand], i) => {
      filter.writeUInt16LE(code, i * 8);
      filter.writeUInt8(ifEqual, i * 8 + 2);
      filter.writeUInt8(ifNot, i * 8 + 3);
      filter.writeUInt32LE(operand, i * 8 + 4);
    },
  );
  const program = Buffer.alloc(16);
  program.writeUInt16LE(4, 0);
  program.writeBigUInt64LE(koffi.address(filter), 8);
  const prctl = libc.func('int prctl(int option, intptr_t a, void *b, intptr_t c, intptr_t d)');
  if (prctl(38, 1, null, 0, 0) < 0 || prctl(22, 2, program, 0, 0) < 0) throw new Error('seccomp');
`;

test('where io_uring is forbidden the flag is ignored, and one line says so', () => {
  const { status, stdout, stderr } = runProgram(`
    ${FORBIDDEN} ${LIBRARY}
    const base = new EventBase(config);
    const pair = new Int32Array(2);
    sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0, pair);
    const bev = Bufferevent.socketNew(base, pair[0], 0);
    bev.setCb((self) => self.getOutput().addBuffer(self.getInput()), null, null, null);
    bev.enable(EV_READ);
    const bytes = Buffer.from('echo');
    sys.write(pair[1], bytes);
    base.loop(3);
    console.log(base.getMethod(), base.getFeatures(), sys.read(pair[1], bytes), String(bytes));
  `);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '[msg] no completion by io_uring, but epoll: Operation not permitted\n');
  assert.equal(stdout, 'epoll 11 4 echo\n');
});

test('without epoll there is no completion, and one line says so', () => {
  const lines = loggedBy(() => {
    const found = baseWith((config) => {
      config.avoidMethod('epoll');
      config.setFlag(EVENT_BASE_FLAG_STARTUP_IOCP);
    });
    assert.equal(found[0], 'poll');
  });
  assert.deepEqual(lines, ['1 no completion by io_uring, but poll: that needs epoll']);
});

test('without the flag nothing of it is there', () => {
  using base = new EventBase();
  assert.equal(base.completions, null);
  assert.equal(base.getMethod(), 'epoll');
});

void suite('io_uring', { skip: whyNoUring() }, () => {
  test('a flag or a variable asks for it, and the base says that it has it', () => {
    const features = EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE;
    const flagged = baseWith((config) => config.setFlag(EVENT_BASE_FLAG_STARTUP_IOCP));
    assert.deepEqual(flagged, ['io_uring', features]);
    process.env[VARIABLE] = '1';
    assert.deepEqual(
      baseWith(() => undefined),
      ['io_uring', features],
    );
    assert.equal(baseWith((config) => config.setFlag(EVENT_BASE_FLAG_IGNORE_ENV))[0], 'epoll');
    assert.equal(baseWith((config) => config.avoidMethod('io_uring'))[0], 'epoll');
    process.env[VARIABLE] = '0';
    assert.equal(baseWith(() => undefined)[0], 'epoll');
  });

  test('a base that cannot be made leaves no descriptor', () => {
    const fails = (code: string) => (error: unknown) =>
      error instanceof SystemError && error.code === code;
    withDescriptors(1, () => {
      assert.throws(() => makeBaseOn(COMPLETION), fails('EMFILE'));
    });
  });

  test('what is ready and stays so is told in each pass, among what completes', () => {
    using base = makeBaseOn(COMPLETION);
    using pair = new Pair();
    let calls = 0;
    using event = new Event(base, pair.a, EV_READ | EV_PERSIST, () => calls++, null);
    event.add();
    assert.equal(pass(base), 0);
    assert.equal(calls, 0);
    put(pair.b, 'x');
    for (let i = 1; i <= 3; i++) {
      pass(base);
      assert.equal(calls, i);
    }
  });

  test('a trace tells that the ring waits before it does, and what it carries', async () => {
    await using program = new Traced(
      `
      process.env.EVENT_COMPLETION = '1';
      const base = new libevent.EventBase();
      const byte = Buffer.alloc(1);
      const event = new libevent.Event(base, 0, libevent.EV_READ, () => sys.read(0, byte), null);
      event.add();
      base.dispatch();
      console.log(JSON.stringify([base.getMethod(), String(byte)]));
    `,
      { READABLE_TRACE_CALLS: 'io_uring_enter' },
    );
    const { call, args } = (await program.next()) ?? {};
    assert.equal(call, 'io_uring_enter');
    assert.ok(Array.isArray(args));
    assert.deepEqual(args.slice(1), ['1 (poll)', '1', 'IORING_ENTER_GETEVENTS']);
    // It has said so and waits, for nothing comes before this.
    program.process.stdin?.end('x');
    const { type, result, out } = (await program.next()) ?? {};
    assert.deepEqual([type, result, out], ['exit', 1, '1 completion (poll)']);
    assert.deepEqual(await program.printed(), ['io_uring', 'x']);
  });

  test('a trace tells of each kind of operation that one call hands on, and of what has ended', async () => {
    await using program = new Traced(
      `
      process.env.EVENT_COMPLETION = '1';
      const base = new libevent.EventBase();
      const bevs = [0, 1, 2].map(() => {
        const pair = new Int32Array(2);
        sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0, pair);
        const bev = libevent.Bufferevent.socketNew(base, pair[0], 0);
        bev.enable(libevent.EV_READ);
        bev.write('x');
        return bev;
      });
      base.loop(libevent.EVLOOP_ONCE);
      process.exit(0);
    `,
      { READABLE_TRACE_CALLS: 'io_uring_enter' },
    );
    const { args } = (await program.next()) ?? {};
    assert.ok(Array.isArray(args));
    assert.match(String(args[1]), /^\d+ \((?=.*\b3 recv\b)(?=.*\b3 send\b).*\)$/);
    const { out } = (await program.next()) ?? {};
    assert.match(String(out), /^3 completions \(3 send\)$/);
  });

  test('a child that forgets reinit() is told so, and does not disturb its parent', () => {
    const { status, stdout, stderr } = runProgram(`
      ${LIBRARY}
      const base = new EventBase(config);
      const pair = new Int32Array(2);
      sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0, pair);
      const bev = Bufferevent.socketNew(base, pair[0], 0);
      bev.setCb((self) => self.getOutput().addBuffer(self.getInput()), null, null, null);
      bev.enable(EV_READ);
      base.loop(3);
      const child = sys.fork();
      if (child === 0) {
        bev.write('of the child');
        let said = 'nothing';
        try { base.loop(3); } catch (error) { said = error.message; }
        bev.free();
        base.free();
        console.log('child', said);
        process.exit(0);
      }
      sys.waitpid(child, null);
      const bytes = Buffer.from('parent');
      sys.write(pair[1], bytes);
      base.loop(3);
      console.log('parent', sys.read(pair[1], bytes), String(bytes));
      bev.free();
      base.free();
    `);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(
      stdout,
      'child the io_uring of this event base is the parent’s: call reinit() in the child before its loop\n' +
        'parent 6 parent\n',
    );
  });

  test('after fork and reinit both receive, send and accept, each by a ring of its own', () => {
    const { status, stdout, stderr } = runProgram(`
      ${LIBRARY}
      const base = new EventBase(config);
      const pairs = [new Int32Array(2), new Int32Array(2)];
      for (const pair of pairs) sys.socketpair(sys.AF_UNIX, sys.SOCK_STREAM | sys.SOCK_NONBLOCK, 0, pair);
      const bevs = pairs.map(([fd]) => {
        const bev = Bufferevent.socketNew(base, fd, 0);
        bev.setCb((self) => self.getOutput().addBuffer(self.getInput()), null, null, null);
        bev.enable(EV_READ);
        return bev;
      });
      let accepted = 0;
      const listener = Evconnlistener.newBind(base, (_listener, fd) => {
        accepted++;
        sys.close(fd);
      }, null, 2, -1, { family: 'Unix', path: '\\0ring-' + process.pid });
      const address = { family: 'Unix', path: '\\0ring-' + process.pid };
      const connect = () => {
        const fd = sys.socket(sys.AF_UNIX, sys.SOCK_STREAM, 0);
        sys.connect(fd, address);
        base.loop(3);
        sys.close(fd);
      };
      base.loop(3);
      const child = sys.fork();
      const name = child === 0 ? 'child' : 'parent';
      const own = child === 0 ? 1 : 0;
      let result = 0;
      if (child === 0) {
        result = base.reinit();
        bevs[0].free();
      } else {
        sys.waitpid(child, null);
        bevs[1].free();
      }
      const bytes = Buffer.from(name);
      sys.write(pairs[own][1], bytes);
      base.loop(3);
      const count = sys.read(pairs[own][1], bytes.fill(0));
      connect();
      console.log(name, result, base.getMethod(), count, String(bytes), accepted);
      bevs[own].free();
      listener.free();
      base.free();
      process.exit(0);
    `);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stdout, 'child 0 io_uring 5 child 1\nparent 0 io_uring 6 parent 1\n');
  });
});
