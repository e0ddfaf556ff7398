import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  ProtocolError,
  decodeBytes,
  encodeBytes,
  parseClientMessage,
  parseServerMessage,
} from './messages.ts';

suite('the protocol', () => {
  test('binary frames survive the way, every byte', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    assert.deepEqual(decodeBytes(encodeBytes(4_294_967_295, 7, bytes)), {
      seq: 4_294_967_295,
      process: 7,
      bytes,
    });
  });

  test('a frame is read at its own place in a larger buffer', () => {
    const frame = encodeBytes(9, 3, Uint8Array.of(1, 2));
    const larger = new Uint8Array(20);
    larger.set(frame, 5);
    const { seq, process, bytes } = decodeBytes(larger.subarray(5, 5 + frame.length));
    assert.deepEqual([seq, process, [...bytes]], [9, 3, [1, 2]]);
  });

  test('short frames are errors', () => {
    assert.throws(() => decodeBytes(new Uint8Array(7)), ProtocolError);
  });

  test('an error names the field at fault', () => {
    const start = { type: 'start', version: 1, lab: 'echo', cols: 80, rows: 24 };
    assert.deepEqual(parseClientMessage(JSON.stringify(start)), start);
    for (const [field, value] of [
      ['cols', 0],
      ['rows', 1000],
      ['lab', '../etc'],
      ['version', '1'],
      ['type', 'begin'],
    ] as const) {
      assert.throws(
        () => parseClientMessage(JSON.stringify({ ...start, [field]: value })),
        (error) => error instanceof ProtocolError && error.message.includes(`“${field}”`),
      );
    }
    assert.throws(() => parseClientMessage(JSON.stringify({ ...start, extra: 1 })), ProtocolError);
    assert.throws(() => parseClientMessage('null'), ProtocolError);
    assert.throws(() => parseClientMessage('{'), /not JSON/);
  });

  test('every end has a reason of its own', () => {
    const end = { kind: 'finished', end: { kind: 'signaled', signal: 'SIGINT' } };
    const message = { type: 'session-ended', seq: 9, end };
    assert.deepEqual(parseServerMessage(JSON.stringify(message)), message);
    assert.throws(
      () => parseServerMessage(JSON.stringify({ ...message, end: { kind: 'because' } })),
      ProtocolError,
    );
  });
});
