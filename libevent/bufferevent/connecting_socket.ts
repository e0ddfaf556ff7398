import { SockaddrStorage, addressFamily } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { F_GETFL, F_SETFL, O_NONBLOCK, close, fcntl } from '../sys/descriptor.ts';
import {
  ECONNREFUSED,
  EINPROGRESS,
  EINTR,
  EINVAL,
  ENOTCONN,
  errno,
  setErrno,
} from '../sys/errno.ts';
import {
  SO_ACCEPTCONN,
  SO_ERROR,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  connect,
  getpeername,
  getsockopt,
  socket,
} from '../sys/socket.ts';

function makeNonblocking(fd: number): number {
  const flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_NONBLOCK) !== 0) return flags;
  return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/**
 * Starts to connect a nonblocking socket: socket(2), connect(2).
 *
 * @param fd - the socket, which is made nonblocking; -1 for a new one
 * @returns the socket, and errno says what to expect: 0 or `EINPROGRESS`, or `ECONNREFUSED` if that
 *   is known already; -1 and errno if connecting could not start, a new socket closed again
 * @throws RangeError or TypeError for an address that cannot be laid out
 * @internal
 */
export function connectNonblocking(fd: number, address: SocketAddress): number {
  const isNew = fd < 0;
  if (!isNew && makeNonblocking(fd) < 0) return -1;
  const used = isNew ? socket(addressFamily(address), SOCK_STREAM | SOCK_NONBLOCK, 0) : fd;
  if (used < 0) return -1;
  let error: number;
  try {
    error = connect(used, address) < 0 ? errno() : 0;
  } catch (thrown) {
    if (isNew) close(used);
    throw thrown;
  }
  if (error === EINTR) error = EINPROGRESS;
  if (error !== 0 && error !== EINPROGRESS && error !== ECONNREFUSED) {
    if (isNew) close(used);
    setErrno(error);
    return -1;
  }
  setErrno(error);
  return used;
}

/** The error that waits in a socket, which then forgets it: `SO_ERROR` of socket(7). 0 for none. */
export function takeSocketError(fd: number): number {
  const answer = new Int32Array(1);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, answer) < 0) return errno();
  return answer[0] ?? 0;
}

/**
 * Whether reading has failed for no other reason than that the socket is not connected yet, and may
 * be: it has no peer, and it does not listen.
 *
 * @param error - what reading has left in errno; a Unix socket says `EINVAL`
 */
export function awaitsConnection(fd: number, error: number): boolean {
  if (error !== ENOTCONN && error !== EINVAL) return false;
  if (getpeername(fd, new SockaddrStorage()) === 0 || errno() !== ENOTCONN) return false;
  const listens = new Int32Array(1);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, listens) === 0 && listens[0] === 0;
}
