import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { Event } from '../event/event.ts';
import { EventBase } from '../event/event_base.ts';
import { SHUT_WR, shutdown } from '../sys/socket.ts';
import { loggedBy, makeBaseOn, onEachBackend } from '../testing/backends.ts';
import { checkDescriptors } from '../testing/descriptors.ts';
import { get, Pair, put } from '../testing/sockets.ts';
import {
  LIBEVENT_VERSION,
  LIBEVENT_VERSION_NUMBER,
  eventGetVersion,
  eventGetVersionNumber,
} from '../version.ts';
import {
  EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST,
  EVENT_BASE_FLAG_IGNORE_ENV,
  EVENT_BASE_FLAG_PRECISE_TIMER,
  EventConfig,
} from './config.ts';
import { SystemError } from './errors.ts';
import { EV_FEATURE_EARLY_CLOSE, EV_FEATURE_ET, EV_FEATURE_FDS, EV_FEATURE_O1 } from './eventop.ts';
import { EV_PERSIST, EV_READ } from './flags.ts';
import { EVENT_LOG_MSG } from './log.ts';

checkDescriptors();

const VARIABLES = ['EVENT_NOEPOLL', 'EVENT_NOPOLL', 'EVENT_NOSELECT'];

beforeEach(() => {
  const others = ['EVENT_EPOLL_USE_CHANGELIST', 'EVENT_SHOW_METHOD', 'EVENT_COMPLETION'];
  for (const name of [...VARIABLES, ...others]) {
    Reflect.deleteProperty(process.env, name);
  }
});

function methodWith(configure: (config: EventConfig) => void): string {
  using config = new EventConfig();
  configure(config);
  using base = new EventBase(config);
  return base.getMethod();
}

function assertNoMethod(configure: (config: EventConfig) => void): void {
  assert.throws(
    () => methodWith(configure),
    (error) => error instanceof SystemError && error.code === 'ENOSYS',
  );
}

test('E01 the methods, the fastest first, and what is left when some are avoided', () => {
  assert.deepEqual(EventBase.getSupportedMethods(), ['epoll', 'poll', 'select']);
  assert.equal(
    methodWith(() => undefined),
    'epoll',
  );
  assert.equal(
    methodWith((config) => config.avoidMethod('epoll')),
    'poll',
  );
  assert.equal(
    methodWith((config) => {
      config.avoidMethod('epoll');
      config.avoidMethod('poll');
      config.avoidMethod('kqueue');
    }),
    'select',
  );
});

test('E02 the environment excludes methods, unless it is to be ignored', () => {
  process.env['EVENT_NOEPOLL'] = '1';
  assert.equal(
    methodWith(() => undefined),
    'poll',
  );
  process.env['EVENT_NOPOLL'] = '';
  assert.equal(
    methodWith(() => undefined),
    'select',
  );
  process.env['EVENT_NOSELECT'] = '1';
  assertNoMethod(() => undefined);
  assert.equal(
    methodWith((config) => config.setFlag(EVENT_BASE_FLAG_IGNORE_ENV)),
    'epoll',
  );
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
});

test('E02 with EVENT_SHOW_METHOD each base says what it waits with, also without the environment', () => {
  const logged = (): string[] =>
    loggedBy(() => {
      methodWith((config) => config.avoidMethod('epoll'));
      methodWith((config) => config.setFlag(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST));
      methodWith((config) => config.setFlag(EVENT_BASE_FLAG_IGNORE_ENV));
    });
  assert.deepEqual(logged(), []);
  process.env['EVENT_SHOW_METHOD'] = '';
  const line = `${String(EVENT_LOG_MSG)} libevent using: `;
  // The last of them, too: as in C.
  assert.deepEqual(logged(), [`${line}poll`, `${line}epoll (with changelist)`, `${line}epoll`]);
});

test('E03 features of each method, and methods by the features required', () => {
  const features = EventBase.getSupportedMethods().map((method) => {
    using base = makeBaseOn(method);
    return base.getFeatures();
  });
  const epoll = EV_FEATURE_ET | EV_FEATURE_O1 | EV_FEATURE_EARLY_CLOSE;
  assert.deepEqual(features, [epoll, EV_FEATURE_FDS | EV_FEATURE_EARLY_CLOSE, EV_FEATURE_FDS]);
  assert.deepEqual(features, [0x0b, 0x0c, 0x04]);
  assert.equal(
    methodWith((config) => config.requireFeatures(EV_FEATURE_ET)),
    'epoll',
  );
  assert.equal(
    methodWith((config) => config.requireFeatures(EV_FEATURE_FDS)),
    'poll',
  );
  assertNoMethod((config) => config.requireFeatures(EV_FEATURE_ET | EV_FEATURE_FDS));
  assertNoMethod((config) => {
    for (const method of EventBase.getSupportedMethods()) config.avoidMethod(method);
  });
});

test('E04 the version is that of the package, also as a number', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  assert.ok(text.includes(`"version": "${LIBEVENT_VERSION}"`));
  const [major = 0, minor = 0, patch = 0] = LIBEVENT_VERSION.split('.').map(Number);
  assert.equal(LIBEVENT_VERSION_NUMBER >>> 8, (major << 16) | (minor << 8) | patch);
  assert.equal(eventGetVersion(), LIBEVENT_VERSION);
  assert.equal(eventGetVersionNumber(), LIBEVENT_VERSION_NUMBER);
});

test('E07 with a changelist epoll says so, by flag and by environment', () => {
  const withList = 'epoll (with changelist)';
  assert.equal(
    methodWith((config) => config.setFlag(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST)),
    withList,
  );
  process.env['EVENT_EPOLL_USE_CHANGELIST'] = '1';
  assert.equal(
    methodWith(() => undefined),
    withList,
  );
  assert.equal(
    methodWith((config) => config.setFlag(EVENT_BASE_FLAG_IGNORE_ENV)),
    'epoll',
  );
  assert.equal(
    methodWith((config) => {
      config.setFlag(EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
      config.avoidMethod('epoll');
    }),
    'poll',
  );
});

test('a configuration checks what it is told, and cannot be used after free()', () => {
  const config = new EventConfig();
  config.setFlag(EVENT_BASE_FLAG_PRECISE_TIMER);
  assert.throws(() => config.setMaxDispatchInterval(-1, 1, 0), RangeError);
  assert.throws(() => config.setMaxDispatchInterval(NaN, 1, 0), RangeError);
  assert.throws(() => config.setMaxDispatchInterval(null, 0, 0), RangeError);
  assert.throws(() => config.setMaxDispatchInterval(null, 1.5, 0), RangeError);
  assert.throws(() => config.setMaxDispatchInterval(null, 1, -1), RangeError);
  const base = new EventBase(config);
  config.free();
  assert.throws(() => config.free(), /EventConfig used after free/);
  assert.throws(() => config.setFlag(0), /EventConfig used after free/);
  assert.throws(() => new EventBase(config), /EventConfig used after free/);
  assert.equal(base.loop(), 1);
  base.free();
});

onEachBackend((makeBase) => {
  test('E05 E07 a base dispatches a persistent read event that sees data, then the end', () => {
    using pair = new Pair();
    using base = makeBase();
    const seen: (string | null)[] = [];
    using event = new Event(
      base,
      pair.a,
      EV_READ | EV_PERSIST,
      (fd) => {
        seen.push(get(fd));
        if (seen.at(-1) === '') base.loopExit();
      },
      null,
    );
    assert.equal(event.add(), 0);
    put(pair.b, 'data');
    shutdown(pair.b, SHUT_WR);
    assert.equal(base.dispatch(), 0);
    assert.deepEqual(seen, ['data', '']);
  });
});
