import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CALL_INFO_SIZE, readCallInfo, readStatus } from './stops.ts';

/** A `struct ptrace_syscall_info` of a call that is entered, or left. */
function info(operation: number, ...words: bigint[]): DataView {
  const bytes = new DataView(new ArrayBuffer(CALL_INFO_SIZE));
  bytes.setUint8(0, operation);
  bytes.setUint32(4, 0xc000003e, true);
  for (const [index, word] of words.entries()) {
    bytes.setBigUint64(24 + 8 * index, BigInt.asUintN(64, word), true);
  }
  return bytes;
}

suite('what wait(2) says', () => {
  test('of a thread that has ended', () => {
    assert.deepEqual(readStatus(3 << 8), { kind: 'exited', code: 3 });
    assert.deepEqual(readStatus(9), { kind: 'killed', signal: 9 });
    // With the bit for a core file.
    assert.deepEqual(readStatus(11 | 0x80), { kind: 'killed', signal: 11 });
  });

  test('of one that has stopped', () => {
    const stopped = (signal: number, event = 0): unknown =>
      readStatus((event << 16) | (signal << 8) | 0x7f);
    assert.deepEqual(stopped(5 | 0x80), { kind: 'call' });
    assert.deepEqual(stopped(5), { kind: 'signal', signal: 5 });
    assert.deepEqual(stopped(23), { kind: 'signal', signal: 23 });
    for (const event of [1, 2, 3]) assert.deepEqual(stopped(5, event), { kind: 'started' });
    assert.deepEqual(stopped(5, 4), { kind: 'exec' });
    assert.deepEqual(stopped(5, 128), { kind: 'asked' });
    for (const signal of [19, 20, 21, 22]) {
      assert.deepEqual(stopped(signal, 128), { kind: 'group' });
      // The signal itself comes before, and is not yet a stop of the whole process.
      assert.deepEqual(stopped(signal), { kind: 'signal', signal });
    }
  });
});

suite('what PTRACE_GET_SYSCALL_INFO says', () => {
  test('of a call that is entered', () => {
    const read = readCallInfo(info(1, 281n, -100n, 0x7ffc12345678n, 0xffffffffn, 4n, 5n, 6n));
    assert.equal(read?.kind, 'enters');
    assert.equal(read.number, 281);
    assert.equal(read.arch, 0xc000003e);
    assert.equal(read.args.int(0), -100);
    assert.equal(read.args.size(1), 0x7ffc12345678);
    // The upper half of a register is nothing that an int has.
    assert.equal(read.args.int(2), -1);
    assert.equal(read.args.size(2), 0xffffffff);
    assert.deepEqual(
      [3, 4, 5].map((index) => read.args.int(index)),
      [4, 5, 6],
    );
  });

  test('of a call that is left', () => {
    const leaves = (value: bigint, isError: number): unknown => {
      const bytes = info(2, value);
      bytes.setUint8(32, isError);
      return readCallInfo(bytes);
    };
    assert.deepEqual(leaves(65536n, 0), { kind: 'leaves', result: 65536, failed: false });
    assert.deepEqual(leaves(2n ** 33n, 0), { kind: 'leaves', result: 2 ** 33, failed: false });
    assert.deepEqual(leaves(-11n, 1), { kind: 'leaves', result: 11, failed: true });
  });

  test('of neither', () => {
    for (const operation of [0, 3]) assert.equal(readCallInfo(info(operation)), undefined);
  });
});
