import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox, type OutboxSocket } from './outbox.ts';
import { decodeBytes, parseServerMessage } from '../../protocol/messages.ts';

const KiB = 1024;

function seqOf(frame: string | Uint8Array): number {
  if (typeof frame !== 'string') return decodeBytes(frame).seq;
  const message = parseServerMessage(frame);
  return 'seq' in message ? message.seq : NaN;
}

/** A socket that remembers what was sent on it. */
class Socket implements OutboxSocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly frames: (string | Uint8Array)[] = [];

  send(frame: string | Uint8Array): void {
    this.frames.push(frame);
  }
}

/** An outbox on a socket, and what it tells. */
function opened() {
  const socket = new Socket();
  const told: (boolean | 'overflow')[] = [];
  const outbox = new Outbox(socket, {
    pressure: (full) => told.push(full),
    overflow: () => told.push('overflow'),
  });
  return { socket, told, outbox };
}

test('frames of both kinds share one sequence', () => {
  const { socket, outbox } = opened();
  outbox.message({ type: 'ready', process: 1 });
  outbox.output(1, Uint8Array.of(65));
  outbox.message({ type: 'ready', process: 2 });
  assert.deepEqual(socket.frames.map(seqOf), [0, 1, 2]);
});

test('pressure is told once at the high mark and once at the low one, by what the page has', () => {
  const { told, outbox } = opened();
  const block = new Uint8Array(100 * KiB);
  for (let index = 0; index < 5; index++) outbox.output(1, block);
  assert.deepEqual(told, []);
  outbox.output(1, block);
  outbox.output(1, block);
  assert.deepEqual(told, [true]);
  outbox.acknowledge(5);
  assert.deepEqual(told, [true]);
  outbox.acknowledge(6);
  assert.deepEqual(told, [true, false]);
});

test('what a later message makes worthless is left out while the page is behind, or away', () => {
  const { socket, outbox } = opened();
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), true);
  outbox.output(1, new Uint8Array(600 * KiB));
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), false);
  outbox.message({ type: 'ready', process: 2 });
  assert.equal(socket.frames.length, 3);
  outbox.acknowledge(3);
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), true);
  assert.deepEqual(socket.frames.map(seqOf), [0, 1, 2, 3]);
  outbox.detach();
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), false);
});

test('what can wait is sent only when the page has nearly all that was sent before', () => {
  const { outbox } = opened();
  outbox.output(1, new Uint8Array(90 * KiB));
  assert.equal(outbox.spare({ type: 'ready', process: 1 }), true);
  outbox.output(1, new Uint8Array(10 * KiB));
  assert.equal(outbox.spare({ type: 'ready', process: 1 }), false);
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), true);
  outbox.acknowledge(1);
  assert.equal(outbox.spare({ type: 'ready', process: 1 }), true);
  outbox.detach();
  assert.equal(outbox.spare({ type: 'ready', process: 1 }), false);
});

test('messages alone are pressure too, and a page that takes none at all is given up', () => {
  const { socket, told, outbox } = opened();
  const message = 'x'.repeat(KiB);
  for (let sent = 0; sent < 100_000; sent++) outbox.message({ type: 'error', message });
  assert.deepEqual(told, [true, 'overflow']);
  const bytes = socket.frames.reduce((size, { length }) => size + length, 0);
  assert.ok(bytes < 5 * KiB * KiB, `${bytes} bytes were sent`);
});

test('tiny frames cost what it takes to keep them', () => {
  const { told, outbox } = opened();
  outbox.detach();
  let kept = 0;
  for (; told.length === 0; kept++) outbox.output(1, Uint8Array.of(65));
  assert.ok(kept < 5000, `${kept} frames are kept`);
});

test('a page that comes back is sent what it has not acknowledged, and what was said meanwhile', () => {
  const { socket, outbox } = opened();
  for (let process = 1; process <= 3; process++) outbox.message({ type: 'ready', process });
  outbox.detach();
  outbox.output(1, Uint8Array.of(65));
  assert.equal(socket.frames.length, 3);
  const next = new Socket();
  assert.ok(outbox.acknowledge(2));
  outbox.attach(next);
  outbox.message({ type: 'ready', process: 4 });
  assert.deepEqual(next.frames.map(seqOf), [2, 3, 4]);
  assert.equal(socket.frames.length, 3);
});

test('a page can’t have what was never sent, nor less than it had', () => {
  const { outbox } = opened();
  outbox.message({ type: 'ready', process: 1 });
  outbox.message({ type: 'ready', process: 2 });
  assert.equal(outbox.acknowledge(3), false);
  assert.equal(outbox.acknowledge(2), true);
  assert.equal(outbox.acknowledge(1), false);
});

test('nothing is sent on a socket that is closing, and nothing aside on one that is clogged', () => {
  const { socket, outbox } = opened();
  socket.bufferedAmount = 100 * KiB;
  outbox.aside({ type: 'ack', received: 0 });
  socket.bufferedAmount = 0;
  socket.readyState = 2;
  outbox.message({ type: 'ready', process: 1 });
  outbox.aside({ type: 'ack', received: 0 });
  assert.deepEqual(socket.frames, []);
});

test('the numbers go on when a session takes an outbox over, and only the session is told', () => {
  const { socket, told, outbox } = opened();
  const session: (boolean | 'overflow')[] = [];
  outbox.message({ type: 'error', message: 'not of the protocol' });
  outbox.reportTo({
    pressure: (full) => session.push(full),
    overflow: () => session.push('overflow'),
  });
  outbox.message({ type: 'ready', process: 1 });
  // It has come back on another WebSocket.
  const next = new Socket();
  outbox.detach();
  outbox.attach(next);
  for (let index = 0; index < 5; index++) outbox.output(1, new Uint8Array(1024 * KiB));
  assert.deepEqual(socket.frames.map(seqOf), [0, 1]);
  assert.deepEqual(next.frames.map(seqOf).slice(0, 3), [0, 1, 2]);
  assert.deepEqual([told, session], [[], [true, 'overflow']]);
});
