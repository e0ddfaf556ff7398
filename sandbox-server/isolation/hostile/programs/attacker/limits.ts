/**
 * Attacks limits: raises its own, asks for more than its share, for realtime, for locked memory and for a
 * better place when memory runs out; takes all the timers, memory and descriptors that it gets.
 * Must hold: each ends at its limit, and a crash starts no program of the computer’s.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import koffi from 'koffi';
import { call, outcome, tried, type Attack } from './kernel.ts';

const MiB = 1024 * 1024;
const SETRLIMIT = [302, 261] as const;

/** How often something can be done, at most `most` times. */
function times(most: number, act: () => boolean): number {
  let count = 0;
  while (count < most && act()) count += 1;
  return count;
}

function descriptors(): number {
  const open: number[] = [];
  times(100_000, () => tried(() => open.push(openSync('/dev/null', 'r'))) === 'done');
  for (const descriptor of open) closeSync(descriptor);
  return open.length;
}

/** How much memory it can have the kernel promise, in MiB; none of it is used. */
function memory(flags: number): number {
  const blocks: number[] = [];
  times(1024, () => {
    const at = call([9, 222], 0, 64 * MiB, 3, flags, -1, 0);
    if (at > 0) blocks.push(at);
    return at > 0;
  });
  for (const at of blocks) call([11, 215], at, 64 * MiB);
  return blocks.length * 64;
}

function timers(): number {
  const ids: number[] = [];
  times(100_000, () => {
    const id = new Int32Array(1);
    const made = call([222, 107], 1, 0, new Uint8Array(id.buffer)) === 0;
    if (made) ids.push(id[0] ?? 0);
    return made;
  });
  for (const id of ids) call([226, 111], id);
  return ids.length;
}

/** Descriptors sent and never received, which belong to no process. */
function inFlight(): number {
  const libc = koffi.load('libc.so.6');
  const sendmsg: (fd: number, message: unknown, flags: number) => number = libc.func(
    'long sendmsg(int, void *, int)',
  );
  const pair = new Int32Array(2);
  call([53, 199], 1, 2, 0, new Uint8Array(pair.buffer));
  const [from = -1, to = -1] = pair;
  const byte = Buffer.from('x');
  const control = Buffer.alloc(24);
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(1, 8);
  control.writeInt32LE(1, 12);
  control.writeInt32LE(to, 16);
  const vector = Buffer.alloc(16);
  vector.writeBigUInt64LE(koffi.address(byte), 0);
  vector.writeBigUInt64LE(1n, 8);
  const message = Buffer.alloc(56);
  message.writeBigUInt64LE(koffi.address(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(koffi.address(control), 32);
  message.writeBigUInt64LE(24n, 40);
  const MSG_DONTWAIT = 0x40;
  const sent = times(10_000, () => sendmsg(from, message, MSG_DONTWAIT) === 1);
  closeSync(from);
  closeSync(to);
  return sent;
}

const limits: Attack = () => {
  const more = new Uint8Array(new BigUint64Array([1_000_000n, 1_000_000n]).buffer);
  return {
    raiseProcesses: outcome(SETRLIMIT, 0, 6, more, 0),
    raiseDescriptors: outcome(SETRLIMIT, 0, 7, more, 0),
    raiseMemory: outcome(SETRLIMIT, 0, 9, new Uint8Array(new BigInt64Array([-1n, -1n]).buffer), 0),
    realtime: outcome([144, 119], 0, 1, new Uint8Array(new Int32Array([10]).buffer)),
    nice: outcome([141, 140], 0, 0, -5),
    disk: outcome([251, 30], 1, 0, 1 << 13),
    lock: outcome([149, 228], new Uint8Array(4096), 4096),
    outOfMemory: tried(() => writeFileSync('/proc/self/oom_score_adj', '-1000')),
    autogroup: tried(() => writeFileSync('/proc/self/autogroup', '-20')),
    core: /^Max core file size +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1],
    descriptors: descriptors() <= 256,
    timers: timers() <= 1024,
    // One more than it may have open.
    inFlight: inFlight() <= 257,
    privateMemory: memory(0x22) <= 1024,
    sharedMemory: memory(0x21) <= 4096,
  };
};
export default limits;
