/**
 * Attacks the kernel’s lesser-used networks: families, protocols and kinds of netlink that nobody here
 * needs. Some know no network namespaces, some load a module, and many have had holes.
 * Must hold: the only sockets are those of unix, TCP, UDP, and of netlink what getifaddrs(3) asks.
 */
import { closeSync } from 'node:fs';
import { call, type Attack } from './kernel.ts';

const SOCKET = [41, 198] as const;
const SOCKETPAIR = [53, 199] as const;
const PROTOCOLS = [0, 1, 2, 6, 17, 33, 41, 47, 58, 115, 132, 136, 255, 256, 262];

const sockets: Attack = () => {
  const had = new Set<string>();
  const make = (name: string, family: number, type: number, protocol: number): void => {
    const descriptor = call(SOCKET, family, type, protocol);
    if (descriptor < 0) return;
    closeSync(descriptor);
    had.add(name);
  };
  for (let family = 0; family < 64; family++) {
    for (let type = 1; type <= 10; type++) {
      if (family !== 16) make(`family ${family}, type ${type}`, family, type, 0);
      const pair = new Int32Array(2);
      if (call(SOCKETPAIR, family, type, 0, new Uint8Array(pair.buffer)) === 0) {
        for (const descriptor of pair) closeSync(descriptor);
        had.add(`pair of ${family}`);
      }
    }
  }
  for (const protocol of PROTOCOLS.slice(1)) {
    for (const type of [1, 2, 3, 5, 6]) make(`protocol ${protocol}`, 2, type, protocol);
    for (const type of [1, 2, 3, 5, 6]) make(`protocol ${protocol}`, 10, type, protocol);
  }
  for (let kind = 0; kind < 32; kind++) make(`netlink ${kind}`, 16, 3, kind);
  return [...had].sort();
};
export default sockets;
