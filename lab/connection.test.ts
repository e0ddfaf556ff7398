import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { decodeInput, encodeOutput, MAX_INPUT, PROTOCOL_VERSION } from '../protocol/messages.ts';
import { Connection, type ConnectionMessage, type Socket } from './connection.ts';
import type { RunEnd } from './status.ts';

class FakeSocket extends EventTarget implements Socket {
  binaryType: BinaryType = 'blob';
  readyState = 0;
  readonly sent: (string | Uint8Array)[] = [];
  closed = false;

  open(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(): void {
    this.closed = true;
  }

  closeWith(code: number): void {
    this.dispatchEvent(new CloseEvent('close', { code }));
  }

  receive(message: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }

  receiveOutput(seq: number, process: number, text: string): void {
    const frame = encodeOutput(seq, process, new TextEncoder().encode(text));
    this.dispatchEvent(new MessageEvent('message', { data: new Uint8Array(frame).buffer }));
  }
}

const welcome = {
  type: 'welcome',
  seq: 0,
  version: PROTOCOL_VERSION,
  session: 's',
  isolation: 'bubblewrap',
  seconds: 600,
};

let socket: FakeSocket;
let connection: Connection;
let messages: ConnectionMessage[];
let output: string;
let ends: RunEnd[];

beforeEach(() => {
  socket = new FakeSocket();
  messages = [];
  output = '';
  ends = [];
  connection = new Connection(
    socket,
    { lab: 'echo-listener', way: undefined },
    { cols: 80, rows: 24 },
    {
      message: (message) => void messages.push(message),
      output: (process, bytes) => {
        output += `${process}:${new TextDecoder().decode(bytes)}`;
      },
      over: (end) => void ends.push(end),
    },
  );
});

test('it starts the lab as soon as the socket is open', () => {
  assert.deepEqual(socket.sent, []);
  socket.open();
  assert.deepEqual(socket.sent, [
    `{"type":"start","version":${PROTOCOL_VERSION},"lab":"echo-listener","cols":80,"rows":24}`,
  ]);
});

test('messages and output come through in order, up to the reason of the end', () => {
  socket.open();
  socket.receive(welcome);
  socket.receiveOutput(1, 7, 'héllo');
  socket.receive({ type: 'session-ended', seq: 2, end: { kind: 'stopped' } });
  socket.closeWith(1000);
  assert.equal(messages[0]?.type, 'welcome');
  assert.equal(output, '7:héllo');
  assert.deepEqual(ends, [{ kind: 'stopped' }]);
});

test('a gap in the sequence ends the session, in words of its own', () => {
  socket.open();
  socket.receive(welcome);
  socket.receiveOutput(2, 7, 'x');
  socket.receiveOutput(3, 7, 'y');
  assert.equal(output, '');
  assert.deepEqual(ends, [{ kind: 'lost', why: 'gap' }]);
  assert.ok(socket.closed);
});

test('a close without a reason is a loss; before any opening, nobody was there', () => {
  socket.closeWith(1006);
  assert.deepEqual(ends, [{ kind: 'unreachable' }]);
});

test('after an opening, the close code tells what was lost', () => {
  socket.open();
  socket.closeWith(1009);
  assert.deepEqual(ends, [{ kind: 'lost', why: 'too-large' }]);
});

test('what is no message of the protocol ends it', () => {
  socket.open();
  socket.receive({ type: 'hello', seq: 0 });
  assert.deepEqual(ends, [{ kind: 'lost', why: 'garbled' }]);
});

test('a server of another version ends it', () => {
  socket.open();
  socket.receive({ ...welcome, version: PROTOCOL_VERSION + 1 });
  assert.deepEqual(ends, [{ kind: 'outdated' }]);
});

test('a long paste is cut into frames that the server takes', () => {
  socket.open();
  const paste = new Uint8Array(2 * MAX_INPUT + 1).fill(0x61);
  connection.input(3, paste);
  const frames = socket.sent.flatMap((frame) =>
    typeof frame === 'string' ? [] : [decodeInput(frame)],
  );
  assert.deepEqual(
    frames.map(({ process, bytes }) => [process, bytes.length]),
    [
      [3, MAX_INPUT],
      [3, MAX_INPUT],
      [3, 1],
    ],
  );
});

test('an abandoned connection asks for its end and tells nothing more', () => {
  socket.open();
  connection.abandon();
  socket.closeWith(1005);
  assert.equal(socket.sent.at(-1), '{"type":"stop"}');
  assert.deepEqual(ends, []);
});
