import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, suite, test } from 'node:test';
import {
  decodeBytes,
  encodeBytes,
  HEARTBEAT,
  MAX_INPUT,
  PROTOCOL_VERSION,
} from '../protocol/messages.ts';
import { Connection, type ConnectionMessage, type Socket } from './connection.ts';
import type { Barrier, RunEnd } from './status.ts';

class FakeSocket extends EventTarget implements Socket {
  binaryType: BinaryType = 'blob';
  readyState = 0;
  readonly sent: (string | Uint8Array)[] = [];
  /** What it was closed with. */
  closed: number | undefined;

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(code = 1005): void {
    this.closed = code;
    this.readyState = 3;
  }

  closeWith(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(new CloseEvent('close', { code }));
  }

  receive(message: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }

  receiveOutput(seq: number, process: number, text: string): void {
    const frame = encodeBytes(seq, process, new TextEncoder().encode(text));
    this.dispatchEvent(new MessageEvent('message', { data: frame.buffer }));
  }

  /** What was typed, of all binary frames. */
  get typed(): { seq: number; process: number; text: string }[] {
    return this.sent.flatMap((frame) => {
      if (typeof frame === 'string') return [];
      const { bytes, ...rest } = decodeBytes(frame);
      return [{ ...rest, text: new TextDecoder().decode(bytes) }];
    });
  }
}

const TOKEN = 'abcdefghijklmnopqrstuv';
const HOLD = 30;
const welcome = {
  type: 'welcome',
  seq: 0,
  version: PROTOCOL_VERSION,
  session: 's',
  token: TOKEN,
  isolation: 'bubblewrap',
  seconds: 600,
  hold: HOLD,
};
const SIZE = { cols: 80, rows: 24 };

let sockets: FakeSocket[];
/** Where each of them was asked for. */
let paths: string[];
let connection: Connection;
let messages: ConnectionMessage[];
let output: string;
let away: boolean[];
let dropped: number[];
let ends: RunEnd[];
/** What the page finds out when no WebSocket opens. */
let barrier: Barrier | undefined;

/** The WebSocket that was opened last. */
function socket(): FakeSocket {
  const last = sockets.at(-1);
  if (!last) throw new Error('nothing was opened');
  return last;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Lets promises settle; timers are under the test’s hand. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  [sockets, paths, messages, output, away, dropped, ends] = [[], [], [], '', [], [], []];
  barrier = { kind: 'unreachable' };
  connection = new Connection(
    {
      open(path) {
        const opened = new FakeSocket();
        paths.push(path);
        sockets.push(opened);
        return opened;
      },
      barrier: () => Promise.resolve(barrier),
    },
    { lab: 'echo-listener', way: undefined },
    SIZE,
    {
      message: (message) => void messages.push(message),
      output: (process, printed) => {
        output += `${process}:${new TextDecoder().decode(printed)}`;
      },
      away: (isAway) => void away.push(isAway),
      dropped: (most) => void dropped.push(most),
      over: (end) => void ends.push(end),
    },
  );
});

afterEach(() => mock.timers.reset());

/** A session that has begun. */
function begin(): void {
  socket().open();
  socket().receive(welcome);
}

/** The connection breaks, and another WebSocket opens. */
function comeBack(): FakeSocket {
  socket().closeWith(1006);
  mock.timers.tick(1000);
  socket().open();
  return socket();
}

suite('a session', () => {
  test('starts the lab as soon as the socket is open', () => {
    assert.deepEqual(socket().sent, []);
    socket().open();
    assert.deepEqual(socket().sent, [
      `{"type":"start","version":${PROTOCOL_VERSION},"lab":"echo-listener","cols":80,"rows":24}`,
    ]);
  });

  test('says what is to be measured', () => {
    const measuring = new FakeSocket();
    const silent = { ...{ message() {}, output() {}, away() {}, dropped() {} }, over() {} };
    const start = { lab: 'a', way: undefined, measure: { clients: 10, busy: 1 } };
    const ours = { open: () => measuring, barrier: () => Promise.resolve(undefined) };
    const begun = new Connection(ours, start, SIZE, silent);
    measuring.open();
    assert.match(String(measuring.sent[0]), /"measure":\{"clients":10,"busy":1\}\}$/);
    begun.abandon();
  });

  test('gets messages and output in order, up to the reason of the end', () => {
    begin();
    socket().receiveOutput(1, 7, 'héllo');
    socket().receive({ type: 'session-ended', seq: 2, end: { kind: 'stopped' } });
    socket().closeWith(1000);
    assert.equal(messages[0]?.type, 'welcome');
    assert.equal(output, '7:héllo');
    assert.deepEqual(ends, [{ kind: 'stopped' }]);
  });

  test('ends at a gap in the sequence, in words of its own', () => {
    begin();
    socket().receiveOutput(2, 7, 'x');
    socket().receiveOutput(3, 7, 'y');
    assert.equal(output, '');
    assert.deepEqual(ends, [{ kind: 'lost', why: 'gap' }]);
    assert.equal(socket().closed, 1000);
  });

  test('ends where the close code says that too much was sent', () => {
    begin();
    socket().closeWith(1009);
    assert.deepEqual(ends, [{ kind: 'lost', why: 'too-large' }]);
  });

  test('ends at what is no message of the protocol', () => {
    socket().open();
    socket().receive({ type: 'hello', seq: 0 });
    assert.deepEqual(ends, [{ kind: 'lost', why: 'garbled' }]);
  });

  test('ends when the server is of another version', () => {
    socket().open();
    socket().receive({ ...welcome, version: PROTOCOL_VERSION + 1 });
    assert.deepEqual(ends, [{ kind: 'outdated' }]);
  });

  test('cuts a long paste into frames that the server takes', () => {
    begin();
    connection.input(3, new Uint8Array(2 * MAX_INPUT + 1).fill(0x61));
    assert.deepEqual(
      socket().typed.map(({ seq, process, text }) => [seq, process, text.length]),
      [
        [0, 3, MAX_INPUT],
        [1, 3, MAX_INPUT],
        [2, 3, 1],
      ],
    );
  });

  test('that is abandoned asks for its end, says that the page leaves, and tells nothing more', () => {
    begin();
    const { sent } = socket();
    connection.abandon();
    assert.equal(sent.at(-1), '{"type":"stop","seq":0}');
    assert.equal(socket().closed, 1000);
    socket().closeWith(1000);
    assert.deepEqual([ends, away], [[], []]);
  });

  test('acknowledges much output at once, and little at the next heartbeat', () => {
    begin();
    const acks = (): unknown[] =>
      socket().sent.flatMap((frame) => {
        const message: unknown = typeof frame === 'string' ? JSON.parse(frame) : undefined;
        return typeof message === 'object' && message && 'received' in message
          ? [message.received]
          : [];
      });
    for (let seq = 1; seq <= 8; seq++) socket().receiveOutput(seq, 7, 'x'.repeat(10_000));
    assert.deepEqual(acks(), [8]);
    socket().receive({ type: 'ack', received: 0 });
    assert.deepEqual(acks(), [8, 9]);
    // Nothing new: nothing to say.
    socket().receive({ type: 'ack', received: 0 });
    assert.deepEqual(acks(), [8, 9]);
  });
});

suite('a session that waits for a place', () => {
  const queued = { version: PROTOCOL_VERSION, token: TOKEN, hold: HOLD };

  test('survives the loss of its WebSocket, and is let in on the next', () => {
    socket().open();
    socket().receive({ type: 'queued', seq: 0, ...queued, ahead: 1 });
    assert.deepEqual(comeBack().sent, [
      `{"type":"resume","version":${PROTOCOL_VERSION},"token":"${TOKEN}","received":1}`,
    ]);
    socket().receive({ type: 'resumed', received: 0 });
    socket().receive({ type: 'queued', seq: 1, ...queued, ahead: 0, wait: 60 });
    socket().receive({ ...welcome, seq: 2 });
    assert.deepEqual(
      messages.map(({ type }) => type),
      ['queued', 'queued', 'welcome'],
    );
    assert.deepEqual([away, ends], [[true, false], []]);
  });

  test('of another version of the server is outdated', () => {
    socket().open();
    socket().receive({ type: 'queued', seq: 0, ...queued, version: 99, ahead: 1 });
    assert.deepEqual(ends, [{ kind: 'outdated' }]);
  });
});

suite('a WebSocket that never opens', () => {
  test('is asked for where there is no free place, and then explained by what the page finds out', async () => {
    barrier = { kind: 'unknown-name', name: 'book.example' };
    socket().closeWith(1006);
    assert.deepEqual(paths, ['/session/now', '/session']);
    socket().closeWith(1006);
    assert.deepEqual(ends, []);
    await settle();
    assert.deepEqual(ends, [barrier]);
  });

  test('is tried once more when the server would open it', async () => {
    barrier = undefined;
    socket().closeWith(1006);
    socket().closeWith(1006);
    await settle();
    assert.deepEqual(paths, ['/session/now', '/session', '/session']);
    socket().open();
    assert.equal(socket().sent.length, 1);
    assert.deepEqual(ends, []);
  });

  test('and then something between them lets none through', async () => {
    barrier = undefined;
    socket().closeWith(1006);
    socket().closeWith(1006);
    await settle();
    socket().closeWith(1006);
    await settle();
    assert.deepEqual(ends, [{ kind: 'no-upgrade' }]);
  });

  test('is given up after a while, and explained without another', async () => {
    mock.timers.tick(20_000);
    assert.notEqual(socket().closed, undefined);
    socket().closeWith(1006);
    await settle();
    assert.deepEqual(paths, ['/session/now']);
    assert.deepEqual(ends, [barrier]);
  });
});

suite('a lost WebSocket', () => {
  test('is replaced at the server that has the session, if it has a name', () => {
    socket().open();
    socket().receive({ ...welcome, server: 'readable-3' });
    comeBack();
    assert.deepEqual(paths, ['/session/now', '/session/at/readable-3']);
    socket().closeWith(1006);
    mock.timers.tick(3000);
    assert.equal(paths.at(-1), '/session/at/readable-3');
  });

  test('is replaced anywhere, if it has none', () => {
    begin();
    comeBack();
    assert.deepEqual(paths, ['/session/now', '/session']);
  });

  test('is replaced, and both ends go on where they were', () => {
    begin();
    socket().receiveOutput(1, 7, 'before ');
    connection.input(7, bytes('one'));
    connection.input(7, bytes('two'));
    socket().closeWith(1006);
    assert.deepEqual(away, [true]);
    connection.input(7, bytes('three'));
    mock.timers.tick(1000);
    assert.equal(sockets.length, 2);
    socket().open();
    assert.deepEqual(socket().sent, [
      `{"type":"resume","version":${PROTOCOL_VERSION},"token":"${TOKEN}","received":2}`,
    ]);
    // What is typed before the answer waits for it.
    connection.input(7, bytes('four'));
    socket().receive({ type: 'resumed', received: 1 });
    socket().receiveOutput(2, 7, 'after');
    connection.input(7, bytes('five'));
    assert.deepEqual(
      socket().typed.map(({ seq, text }) => [seq, text]),
      [
        [1, 'two'],
        [2, 'three'],
        [3, 'four'],
        [4, 'five'],
      ],
    );
    assert.equal(output, '7:before 7:after');
    assert.deepEqual(away, [true, false]);
    assert.deepEqual(ends, []);
  });

  test('is tried again and again, and at once when there is reason to', () => {
    begin();
    socket().closeWith(1006);
    for (let tries = 2; tries <= 4; tries++) {
      mock.timers.tick(3000);
      assert.equal(sockets.length, tries);
      socket().closeWith(1006);
    }
    connection.hurry();
    assert.equal(sockets.length, 5);
    // One try at a time.
    connection.hurry();
    assert.equal(sockets.length, 5);
    assert.deepEqual([away, ends], [[true], []]);
  });

  test('is no longer tried when the server has ended the session by now', () => {
    begin();
    socket().closeWith(1006);
    for (let second = 0; second < HOLD + 31; second++) {
      if (socket().readyState === 0) socket().closeWith(1006);
      mock.timers.tick(1000);
    }
    assert.deepEqual(ends, [{ kind: 'lost', why: 'closed' }]);
    const tries = sockets.length;
    mock.timers.tick(60_000);
    assert.equal(sockets.length, tries);
  });

  test('whose session is gone is the end of it', () => {
    begin();
    comeBack().receive({ type: 'gone' });
    assert.deepEqual(ends, [{ kind: 'lost', why: 'gone' }]);
  });

  test('is no loss when the server closed it for a reason, or before it had begun anything', () => {
    begin();
    socket().closeWith(1008);
    assert.deepEqual([away, ends], [[], [{ kind: 'lost', why: 'closed' }]]);
  });

  test('before any welcome is no loss yet: the lab is asked for once more', () => {
    socket().open();
    connection.input(1, bytes('a'));
    const asked = socket().sent;
    socket().closeWith(1002);
    assert.deepEqual(paths, ['/session/now', '/session/now']);
    socket().open();
    assert.deepEqual([socket().sent, ends], [asked, []]);
    socket().closeWith(1002);
    assert.deepEqual([away, ends], [[], [{ kind: 'lost', why: 'closed' }]]);
    assert.equal(sockets.length, 2);
  });

  test('before any welcome is the end of it where the server had said something', () => {
    socket().open();
    socket().receive({ type: 'error', seq: 0, message: 'This is no start message.' });
    socket().closeWith(1008);
    assert.deepEqual([sockets.length, ends], [1, [{ kind: 'lost', why: 'closed' }]]);
  });

  test('before any welcome, of a server that is gone then, is explained by that', async () => {
    socket().open();
    socket().closeWith(1006);
    socket().closeWith(1006);
    socket().closeWith(1006);
    await settle();
    assert.deepEqual(ends, [{ kind: 'unreachable' }]);
  });

  test('brings the reason why the session ended meanwhile', () => {
    begin();
    const next = comeBack();
    next.receive({ type: 'resumed', received: 0 });
    next.receive({ type: 'session-ended', seq: 1, end: { kind: 'time-limit', seconds: 600 } });
    assert.deepEqual(ends, [{ kind: 'time-limit', seconds: 600 }]);
  });

  test('of a run that was abandoned is replaced only to say so', () => {
    begin();
    socket().closeWith(1006);
    connection.abandon();
    mock.timers.tick(1000);
    socket().open();
    socket().receive({ type: 'resumed', received: 0 });
    assert.equal(socket().sent.at(-1), '{"type":"stop","seq":0}');
    assert.equal(socket().closed, 1000);
    assert.deepEqual([away, ends], [[true], []]);
  });

  test('says nothing more that is heard', () => {
    begin();
    const [first] = sockets;
    comeBack().receive({ type: 'resumed', received: 0 });
    first?.receiveOutput(1, 7, 'a ghost');
    first?.closeWith(1006);
    assert.deepEqual([output, away, ends], ['', [true, false], []]);
  });

  test('does not make the page keep any amount of what is typed', () => {
    begin();
    socket().closeWith(1006);
    const block = new Uint8Array(1024 * 1024);
    for (let index = 0; index < 10; index++) connection.input(7, block);
    assert.ok(dropped.length >= 2, `${dropped.length} of 10 were refused`);
    assert.equal(dropped[0], 8 * 1024 * 1024);
  });
});

suite('a silent WebSocket', () => {
  test('is well for 20 seconds, and lost after 40', () => {
    begin();
    mock.timers.tick(20_000);
    assert.deepEqual(away, []);
    mock.timers.tick(20_000);
    assert.deepEqual(away, [true]);
    assert.equal(sockets[0]?.closed, 4000);
    mock.timers.tick(1000);
    assert.equal(sockets.length, 2);
    assert.deepEqual(ends, []);
  });

  test('that only says that it is there stays', () => {
    begin();
    for (let beat = 0; beat < 30; beat++) {
      mock.timers.tick(HEARTBEAT);
      socket().receive({ type: 'ack', received: 0 });
    }
    assert.deepEqual([away, sockets.length], [[], 1]);
  });
});
