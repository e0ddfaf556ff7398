import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readFeed } from '../../../protocol/feed.ts';
import { Calls, type Machine, type Made } from './calls.ts';
import { Arguments } from './stops.ts';

const ARCHITECTURES = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const MACHINE: Machine = process.arch === 'arm64' ? 'arm64' : 'x64';
const PAGE = 4096;

/** Memory with pieces at addresses, and nothing between. */
function made(args: readonly number[], pieces: Readonly<Record<number, Uint8Array>> = {}): Made {
  const words = new Uint32Array(12);
  for (const [index, value] of args.entries()) {
    words[2 * index] = value;
    words[2 * index + 1] = Math.floor(value / 2 ** 32);
  }
  const memory: Made['memory'] = (address, length) => {
    for (const [at, bytes] of Object.entries(pieces)) {
      const offset = address - Number(at);
      if (offset < 0 || offset >= bytes.length) continue;
      return bytes.subarray(offset, offset + length);
    }
    return undefined;
  };
  return { args: new Arguments(words), memory };
}

const calls = new Calls(MACHINE);
/** The calls of this machine by their names. */
const byName = new Map(
  Array.from({ length: 500 }, (_, number) => calls.find(ARCHITECTURES[MACHINE], number)).map(
    (call) => [call.name, call],
  ),
);

function tell(name: string, call: Made, result?: number): string {
  const telling = byName.get(name)?.telling ?? assert.fail(`${name} is not told`);
  const args = telling.args.flatMap((word) => word(call) ?? []).join(', ');
  const filled = result === undefined ? undefined : telling.fills?.(call, result);
  return `${name}(${args})${result === undefined ? '' : ` = ${result}`}${filled === undefined ? '' : `, ${filled}`}`;
}

/** `struct iovec`, one after another. */
function iovec(...parts: readonly (readonly [address: number, length: number])[]): Buffer {
  const bytes = Buffer.alloc(16 * parts.length);
  for (const [index, [address, length]] of parts.entries()) {
    bytes.writeBigUInt64LE(BigInt(address), 16 * index);
    bytes.writeBigUInt64LE(BigInt(length), 16 * index + 8);
  }
  return bytes;
}

suite('calls in words', () => {
  test('bytes that come and go', () => {
    const text = Buffer.from('hello\n');
    assert.equal(
      tell('read', made([21, 0x1000, 65536], { 0x1000: text }), 6),
      'read(21, 65536 bytes) = 6, "hello\\n"',
    );
    assert.equal(
      tell('read', made([21, 0x1000, 65536]), 0),
      'read(21, 65536 bytes) = 0, end of file',
    );
    assert.equal(
      tell('write', made([21, 0x1000, 6], { 0x1000: text })),
      'write(21, "hello\\n", 6 bytes)',
    );
    const long = Buffer.alloc(100, 'x');
    assert.equal(
      tell('write', made([1, 0x1000, 100], { 0x1000: long })),
      `write(1, "${'x'.repeat(40)}"…, 100 bytes)`,
    );
    const parts = iovec([0, 0], [0x1000, 6], [0x1000, 6]);
    const vector = made([4, 0x2000, 3], { 0x1000: text, 0x2000: parts });
    assert.equal(tell('writev', vector), 'writev(4, "hello\\n"…, 12 bytes)');
    assert.equal(tell('readv', vector, 4), 'readv(4, 12 bytes) = 4, "hell"');
  });

  test('what waits', () => {
    const size = process.arch === 'x64' ? 12 : 16;
    const events = Buffer.alloc(2 * size);
    for (const [index, fd] of [19, 21].entries()) {
      events.writeInt32LE(1, index * size);
      events.writeInt32LE(fd, (index + 1) * size - 8);
    }
    const wait = made([14, 0x1000, 1024, -1 >>> 0], { 0x1000: events });
    assert.equal(tell('epoll_pwait', wait), 'epoll_pwait(14, 1024, for ever)');
    assert.equal(
      tell('epoll_pwait', wait, 2),
      'epoll_pwait(14, 1024, for ever) = 2, 19: EPOLLIN, 21: EPOLLIN',
    );
    assert.equal(tell('epoll_pwait', made([14, 0, 1024, 0]), 0), 'epoll_pwait(14, 1024, 0 ms) = 0');
  });

  test('addresses and paths', () => {
    const address = Buffer.from([2, 0, 0x26, 0x94, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(
      tell('bind', made([19, 0x1000, 16], { 0x1000: address })),
      'bind(19, 127.0.0.1:9876)',
    );
    const path = Buffer.from('/etc/hosts\0rest');
    const open = made([-100 >>> 0, 0x1000, 0o2000000], { 0x1000: path });
    assert.equal(tell('openat', open), 'openat(AT_FDCWD, "/etc/hosts", O_RDONLY)');
    // It ends where the memory does, or goes on in the next page.
    const start = 2 * PAGE - 4;
    const first = { [start]: Buffer.from('/etc') };
    const cut = made([5, start], first);
    assert.equal(tell('newfstatat', cut), 'newfstatat(5, "/etc")');
    const both = made([5, start], { ...first, [2 * PAGE]: Buffer.from('/hosts\0') });
    assert.equal(tell('newfstatat', both), 'newfstatat(5, "/etc/hosts")');
  });

  test('memory that is not there, lengths that can’t be', () => {
    const absurd = made([1, 0xdead0000, 2 ** 40, 2 ** 31, 0xbad0000, 2 ** 31 + 5]);
    for (const { name, telling } of byName.values()) {
      for (const word of telling?.args ?? []) assert.doesNotThrow(() => word(absurd), name);
      for (const result of [0, 1, 2 ** 31, 2 ** 40]) {
        assert.doesNotThrow(() => telling?.fills?.(absurd, result), name);
      }
    }
    assert.equal(tell('write', absurd), 'write(1, NULL, 1099511627776 bytes)');
    assert.equal(tell('connect', absurd), 'connect(1, NULL)');
    const self = made([4, 0x1000, 1e9], { 0x1000: iovec([0x1000, 2 ** 50]) });
    assert.match(tell('writev', self), /^writev\(4, ".*", 1125899906842624 bytes\)$/);
  });
});

suite('calls by their numbers', () => {
  for (const machine of ['x64', 'arm64'] as const) {
    test(`each name once, and one that a feed can have: ${machine}`, () => {
      const all = new Calls(machine);
      const names = Array.from({ length: 500 }, (_, number) => {
        return all.find(ARCHITECTURES[machine], number).name;
      }).filter((name) => name !== 'other_calls');
      assert.ok(names.length > 100);
      assert.equal(new Set(names).size, names.length);
      for (const name of [...names, 'other_calls']) {
        const record = {
          type: 'enter',
          pid: 1,
          thread: 0,
          id: 1,
          time: 0,
          call: name,
          args: ['1'],
        };
        assert.equal(readFeed(JSON.stringify(record))?.kind, 'entered', name);
      }
    });
  }

  test('those that everybody knows', () => {
    const [x64, arm64] = [new Calls('x64'), new Calls('arm64')];
    const both = [
      ['read', 0, 63],
      ['epoll_pwait', 281, 22],
      ['accept4', 288, 242],
      ['openat', 257, 56],
      ['futex', 202, 98],
      ['exit_group', 231, 94],
    ] as const;
    for (const [name, one, other] of both) {
      assert.equal(x64.find(ARCHITECTURES.x64, one).name, name);
      assert.equal(arm64.find(ARCHITECTURES.arm64, other).name, name);
      // The same number is another call elsewhere.
      assert.equal(x64.find(0x40000003, one).name, 'other_calls');
    }
  });
});
