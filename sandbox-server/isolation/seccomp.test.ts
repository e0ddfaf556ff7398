import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { seccompFilter, type FilterArch } from './seccomp.ts';

const ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;

/** Runs a filter as the kernel would: the few BPF instructions that it has. */
function decide(filter: Uint8Array, arch: number, nr: number, ...args: number[]): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, nr, true);
  data.setUint32(4, arch, true);
  args.forEach((arg, index) => {
    data.setUint32(16 + 8 * index, arg, true);
  });
  const view = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at++) {
    const code = view.getUint16(at * 8, true);
    const k = view.getUint32(at * 8 + 4, true);
    if (code === 0x20) accumulator = data.getUint32(k, true);
    else if (code === 0x06) return k;
    else {
      const holds =
        code === 0x15
          ? accumulator === k
          : code === 0x35
            ? accumulator >= k
            : (accumulator & k) !== 0;
      at += view.getUint8(at * 8 + (holds ? 2 : 3));
    }
  }
  throw new Error('the filter ran off its end');
}

const CALLS = {
  x64: { write: 1, ptrace: 101, clone: 56, clone3: 435, ioctl: 16, socket: 41, unshare: 272 },
  arm64: { write: 64, ptrace: 117, clone: 220, clone3: 435, ioctl: 29, socket: 198, unshare: 97 },
} as const;

for (const arch of ['x64', 'arm64'] satisfies FilterArch[]) {
  suite(`the filter for ${arch}`, () => {
    const filter = seccompFilter(arch);
    const call = CALLS[arch];
    const of = (nr: number, ...args: number[]): number => decide(filter, ARCH[arch], nr, ...args);

    test('kills a call made for another machine', () => {
      const other = arch === 'x64' ? ARCH.arm64 : ARCH.x64;
      assert.equal(decide(filter, other, call.write), KILL);
      assert.equal(decide(filter, 0x40000003, call.write), KILL);
    });

    test('allows what programs live on', () => {
      assert.equal(of(call.write), ALLOW);
    });

    test('refuses to reach past the sandbox', () => {
      assert.equal(of(call.ptrace), EPERM);
      assert.equal(of(call.unshare), EPERM);
    });

    test('allows fork and threads, not new namespaces', () => {
      const SIGCHLD = 17;
      const THREAD = 0x3d0f00;
      assert.equal(of(call.clone, SIGCHLD), ALLOW);
      assert.equal(of(call.clone, THREAD), ALLOW);
      for (const bit of [17, 25, 26, 27, 28, 29, 30]) {
        assert.equal(of(call.clone, (SIGCHLD | (1 << bit)) >>> 0), EPERM, `clone flag ${bit}`);
      }
      assert.equal(of(call.clone3), ENOSYS);
    });

    test('allows terminals, not typing into them for somebody else', () => {
      const TIOCGWINSZ = 0x5413;
      assert.equal(of(call.ioctl, 0, TIOCGWINSZ), ALLOW);
      assert.equal(of(call.ioctl, 0, 0x5412), EPERM);
      assert.equal(of(call.ioctl, 0, 0x541c), EPERM);
    });

    test('allows the socket families that stay in a network namespace', () => {
      for (const family of [1, 2, 10, 16]) assert.equal(of(call.socket, family), ALLOW);
      for (const family of [0, 3, 17, 38, 40, 44]) assert.equal(of(call.socket, family), EPERM);
    });
  });
}

test('x32 calls are killed on x86-64', () => {
  assert.equal(decide(seccompFilter('x64'), ARCH.x64, 0x40000001), KILL);
});
