import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { seccompFilter, type Exception, type FilterArch } from './seccomp.ts';

const ARCH = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const EPERM = 0x00050001;
const EINVAL = 0x00050016;
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
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x05) at += k;
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
  x64: {
    ...{ write: 1, ptrace: 101, clone: 56, clone3: 435, ioctl: 16, socket: 41, unshare: 272 },
    ...{ setsid: 112, socketpair: 53, fcntl: 72, prctl: 157, setsockopt: 54, io_setup: 206 },
    ...{ mmap: 9, openat: 257, fsync: 74, madvise: 28 },
  },
  arm64: {
    ...{ write: 64, ptrace: 117, clone: 220, clone3: 435, ioctl: 29, socket: 198, unshare: 97 },
    ...{ setsid: 157, socketpair: 199, fcntl: 25, prctl: 167, setsockopt: 208, io_setup: 0 },
    ...{ mmap: 222, openat: 56, fsync: 82, madvise: 233 },
  },
} as const;

for (const arch of ['x64', 'arm64'] satisfies FilterArch[]) {
  suite(`the filter for ${arch}`, () => {
    const filter = seccompFilter(arch, true);
    const call = CALLS[arch];
    const of = (nr: number, ...args: number[]): number => decide(filter, ARCH[arch], nr, ...args);
    /** Of all calls there are, an exception allows these that are refused otherwise. */
    const allowsOnly = (exception: Exception, calls: readonly number[]): void => {
      const excepted = seccompFilter(arch, true, exception);
      for (let nr = 0; nr < 600; nr++) {
        const decided = decide(excepted, ARCH[arch], nr);
        assert.equal(decided, calls.includes(nr) ? ALLOW : of(nr), String(nr));
      }
      for (const nr of calls) assert.equal(of(nr), EPERM);
    };

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

    test('lets a tracer trace, and nothing else that it does not let others', () => {
      const [readv, seccomp] = arch === 'x64' ? [310, 317] : [270, 277];
      allowsOnly('tracing', [call.ptrace, readv, seccomp]);
    });

    test('lets a program that runs on io_uring have rings, and nothing else', () => {
      allowsOnly('io_uring', [425, 426, 427]);
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
      const [TIOCSETD, SIOCGIFBR] = [0x5423, 0x8940];
      assert.equal(of(call.ioctl, 0, TIOCSETD), EPERM);
      assert.equal(of(call.ioctl, 0, SIOCGIFBR), EPERM);
    });

    test('allows the socket families that stay in a network namespace', () => {
      const STREAM = 1;
      for (const family of [1, 2, 10, 16]) assert.equal(of(call.socket, family, STREAM), ALLOW);
      for (const family of [0, 3, 17, 38, 40, 44]) {
        assert.equal(of(call.socket, family, STREAM), EPERM);
        assert.equal(of(call.socketpair, family, STREAM), EPERM);
      }
      assert.equal(of(call.socketpair, 1, STREAM), ALLOW);
    });

    test('allows TCP and UDP, and of netlink what getifaddrs asks', () => {
      const FLAGS = 0o2004000;
      for (const family of [2, 10]) {
        for (const type of [1, 2]) assert.equal(of(call.socket, family, type | FLAGS), ALLOW);
        assert.equal(of(call.socket, family, 1, 6), ALLOW);
        assert.equal(of(call.socket, family, 2, 17), ALLOW);
        // Raw sockets, DCCP’s, and by protocol MPTCP, SCTP, UDP-Lite, ping.
        for (const type of [3, 5, 6]) assert.equal(of(call.socket, family, type | FLAGS), EPERM);
        for (const protocol of [262, 132])
          assert.equal(of(call.socket, family, 1, protocol), EPERM);
        for (const protocol of [136, 1]) assert.equal(of(call.socket, family, 2, protocol), EPERM);
      }
      assert.equal(of(call.socket, 16, 3 | FLAGS, 0), ALLOW);
      for (const protocol of [2, 4, 9, 12, 15, 16]) {
        assert.equal(of(call.socket, 16, 3, protocol), EPERM);
      }
    });

    test('allows setsid only where something else holds the processes together', () => {
      assert.equal(of(call.setsid), ALLOW);
      assert.equal(decide(seccompFilter(arch, false), ARCH[arch], call.setsid), EPERM);
      assert.equal(decide(seccompFilter(arch, false), ARCH[arch], call.write), ALLOW);
    });

    test('refuses what the whole computer shares', () => {
      assert.equal(of(call.io_setup), EPERM);
      // As for a terminal: fsync(2).
      assert.equal(of(call.fsync), EINVAL);
      const MAP_HUGETLB = 0x40000;
      assert.equal(of(call.mmap, 0, 4096, 3, 0x22), ALLOW);
      assert.equal(of(call.mmap, 0, 4096, 3, 0x22 | MAP_HUGETLB), EPERM);
      const O_DIRECT = arch === 'x64' ? 0o40000 : 0o200000;
      assert.equal(of(call.openat, 3, 0, 0o2000000), ALLOW);
      assert.equal(of(call.openat, 3, 0, O_DIRECT), EPERM);
      const [MADV_DONTNEED, MADV_PAGEOUT] = [4, 21];
      assert.equal(of(call.madvise, 0, 0, MADV_DONTNEED), ALLOW);
      assert.equal(of(call.madvise, 0, 0, MADV_PAGEOUT), EPERM);
    });

    test('has V8 believe that it keeps its memory from children', () => {
      const [MADV_DONTFORK, DONE] = [10, 0x00050000];
      assert.equal(of(call.madvise, 0, 0, MADV_DONTFORK), DONE);
    });

    test('allows of fcntl what concerns a descriptor, not leases, locks, notices or larger pipes', () => {
      const O_NONBLOCK = 0o4000;
      const [F_SETFL, F_DUPFD_CLOEXEC] = [4, 1030];
      assert.equal(of(call.fcntl, 3, F_SETFL, O_NONBLOCK), ALLOW);
      assert.equal(of(call.fcntl, 3, F_SETFL, arch === 'x64' ? 0o40000 : 0o200000), EPERM);
      assert.equal(of(call.fcntl, 3, F_DUPFD_CLOEXEC, 10), ALLOW);
      for (const command of [6, 7, 37, 38, 1024, 1026, 1031]) {
        assert.equal(of(call.fcntl, 3, command), EPERM);
      }
    });

    test('allows prctl and socket options, but none that compiles filters or takes memory', () => {
      const [PR_SET_NAME, PR_SET_SECCOMP, PR_FUTEX_HASH] = [15, 22, 78];
      assert.equal(of(call.prctl, PR_SET_NAME), ALLOW);
      assert.equal(of(call.prctl, PR_SET_SECCOMP), EPERM);
      assert.equal(of(call.prctl, PR_FUTEX_HASH), EPERM);
      const [SOL_SOCKET, SO_REUSEADDR, SO_ATTACH_FILTER] = [1, 2, 26];
      assert.equal(of(call.setsockopt, 3, SOL_SOCKET, SO_REUSEADDR), ALLOW);
      assert.equal(of(call.setsockopt, 3, SOL_SOCKET, SO_ATTACH_FILTER), EPERM);
      const [SOL_TCP, TCP_NODELAY, TCP_ULP] = [6, 1, 31];
      assert.equal(of(call.setsockopt, 3, SOL_TCP, TCP_NODELAY), ALLOW);
      assert.equal(of(call.setsockopt, 3, SOL_TCP, TCP_ULP), EPERM);
      const [SOL_IPV6, IPV6_V6ONLY, IPV6_FLOWLABEL_MGR] = [41, 26, 32];
      assert.equal(of(call.setsockopt, 3, SOL_IPV6, IPV6_V6ONLY), ALLOW);
      assert.equal(of(call.setsockopt, 3, SOL_IPV6, IPV6_FLOWLABEL_MGR), EPERM);
    });

    test('has no call that came later', () => {
      assert.equal(of(470), ENOSYS);
      assert.equal(of(511), ENOSYS);
      assert.equal(of(449), ALLOW);
    });
  });
}

test('x32 calls are killed on x86-64', () => {
  assert.equal(decide(seccompFilter('x64', true), ARCH.x64, 0x40000001), KILL);
});
