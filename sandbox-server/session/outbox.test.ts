import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox, type OutboxSocket } from './outbox.ts';
import { decodeOutput, parseServerMessage } from '../../protocol/messages.ts';

const KiB = 1024;

/** A socket whose network takes bytes only when told to. */
class SlowSocket implements OutboxSocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly frames: (string | Uint8Array)[] = [];
  readonly #callbacks: (() => void)[] = [];

  send(frame: string | Uint8Array, callback: () => void): void {
    this.frames.push(frame);
    this.bufferedAmount += frame.length;
    this.#callbacks.push(callback);
  }

  terminate(): void {
    this.readyState = 3;
  }

  take(bytes: number): void {
    this.bufferedAmount -= bytes;
    this.#callbacks.shift()?.();
  }
}

test('frames of both kinds share one sequence', () => {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, () => {});
  outbox.message({ type: 'ready', process: 1 });
  outbox.output(1, Uint8Array.of(65));
  outbox.message({ type: 'ready', process: 2 });
  const seqs = socket.frames.map((frame) =>
    typeof frame === 'string' ? parseServerMessage(frame).seq : decodeOutput(frame).seq,
  );
  assert.deepEqual(seqs, [0, 1, 2]);
});

test('pressure is told once at the high mark and once at the low one', () => {
  const socket = new SlowSocket();
  const told: boolean[] = [];
  const outbox = new Outbox(socket, (full) => told.push(full));
  const block = new Uint8Array(100 * KiB);
  for (let index = 0; index < 5; index++) outbox.output(1, block);
  assert.deepEqual(told, []);
  outbox.output(1, block);
  outbox.output(1, block);
  assert.deepEqual(told, [true]);
  for (let index = 0; index < 5; index++) socket.take(100 * KiB);
  assert.deepEqual(told, [true]);
  socket.take(150 * KiB);
  assert.deepEqual(told, [true, false]);
});

test('what a later message makes worthless is left out while the page is behind', () => {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, () => {});
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), true);
  outbox.output(1, new Uint8Array(600 * KiB));
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), false);
  outbox.message({ type: 'ready', process: 2 });
  const { frames } = socket;
  assert.equal(frames.length, 3);
  socket.take(socket.bufferedAmount);
  assert.equal(outbox.passing({ type: 'ready', process: 1 }), true);
  assert.deepEqual(parseServerMessage(String(frames.at(-1))).seq, 3);
});

test('messages alone are pressure too, and a page that takes none at all is given up', () => {
  const socket = new SlowSocket();
  const told: boolean[] = [];
  const outbox = new Outbox(socket, (full) => told.push(full));
  const message = 'x'.repeat(KiB);
  for (let sent = 0; sent < 100_000 && socket.readyState === socket.OPEN; sent++) {
    outbox.message({ type: 'error', message });
  }
  assert.deepEqual(told, [true]);
  assert.equal(socket.readyState, 3);
  assert.ok(socket.bufferedAmount < 5 * KiB * KiB, `${socket.bufferedAmount} bytes wait`);
});

test('nothing is sent on a socket that is closing', () => {
  const socket = new SlowSocket();
  const outbox = new Outbox(socket, () => {});
  socket.readyState = 2;
  outbox.message({ type: 'ready', process: 1 });
  assert.deepEqual(socket.frames, []);
});
