/**
 * Attacks the kernel’s own memory and stores: a table of futexes as large as one asks for, compiled
 * filters out of one store of the computer’s, huge pages, large pipes, flow labels, and work that the
 * kernel does for whoever asks.
 * Must hold: each is refused.
 */
import { closeSync, openSync } from 'node:fs';
import { call, outcome, type Attack } from './kernel.ts';

const PRCTL = [157, 167] as const;
const SOCKET = [41, 198] as const;
const SETSOCKOPT = [54, 208] as const;
const MAP_HUGETLB = 0x40000;
const HUGE = 2 * 1024 * 1024;

/** A filter of one instruction, which lets everything through: `struct sock_fprog`. */
function filter(): Uint8Array {
  // That it points nowhere doesn’t matter: allowed, it would be EFAULT.
  const program = new Uint8Array(16);
  new DataView(program.buffer).setUint16(0, 1, true);
  return program;
}

const kernelMemory: Attack = () => {
  const udp = call(SOCKET, 10, 2, 0);
  const tcp = call(SOCKET, 2, 1, 0);
  const pipe = new Int32Array(2);
  call([293, 59], new Uint8Array(pipe.buffer), 0);
  const file = openSync('/dev/null', 'r');
  try {
    return {
      // 16 slots: what it would be with 16 million of them is 1 GiB.
      futexes: outcome(PRCTL, 78, 1, 16, 0, 0),
      coreScheduling: outcome(PRCTL, 62, 1, 0, 0, 0),
      merge: outcome(PRCTL, 67, 1, 0, 0, 0),
      filterByPrctl: outcome(PRCTL, 22, 2, filter(), 0, 0),
      filter: outcome([317, 277], 1, 0, filter()),
      socketFilter: outcome(SETSOCKOPT, udp, 1, 26, filter(), 16),
      reuseportFilter: outcome(SETSOCKOPT, udp, 1, 51, filter(), 16),
      upperProtocol: outcome(SETSOCKOPT, tcp, 6, 31, 'tls', 3),
      flowLabel: outcome(SETSOCKOPT, udp, 41, 32, new Uint8Array(32), 32),
      hugePage: outcome([9, 222], 0, HUGE, 3, 0x22 + MAP_HUGETLB, -1, 0),
      largePipe: outcome([72, 25], pipe[1] ?? -1, 1031, 1024 * 1024),
      gift: outcome([278, 75], pipe[1] ?? -1, new Uint8Array(16), 1, 8),
      mergeable: outcome([28, 233], 0, 0, 12),
      memoryPolicy: outcome([238, 237], 0, 0, 0),
      movePages: outcome([279, 239], 0, 0, 0, 0, 0, 0),
      locked: outcome([151, 230], 1),
    };
  } finally {
    for (const descriptor of [udp, tcp, file, ...pipe]) closeSync(descriptor);
  }
};
export default kernelMemory;
