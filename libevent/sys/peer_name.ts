import type { SockaddrStorage } from './address.ts';
import { libc } from './libc.ts';
import { SOL_SOCKET } from './socket.ts';

const SO_PEERNAME = 28;

const getsockoptNative: (
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  length: Int32Array,
) => number = libc.func('int getsockopt(int fd, int level, int option, void *value, void *length)');

/**
 * Finds out who was accepted, also if that connection is over already, when getpeername(2) does not
 * know any more: `SO_PEERNAME` of getsockopt(2). Returns 0, or -1 and sets errno.
 *
 * @param family - `AF_INET` or `AF_INET6`: the kernel wants to be asked for no more than there is
 * @internal
 */
export function peerNameOf(fd: number, family: number, address: SockaddrStorage): number {
  address.resetFor(family);
  return getsockoptNative(fd, SOL_SOCKET, SO_PEERNAME, address.bytes, address.length);
}
