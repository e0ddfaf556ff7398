import { SystemError } from '../core/errors.ts';
import { addressFamily } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { close } from '../sys/descriptor.ts';
import { EINVAL, EOPNOTSUPP } from '../sys/errno.ts';
import {
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  bind,
  setsockopt,
  socket,
} from '../sys/socket.ts';

/** Leave accepted sockets blocking. */
export const LEV_OPT_LEAVE_SOCKETS_BLOCKING = 0x01;
/** Close the listening socket when the listener is freed. */
export const LEV_OPT_CLOSE_ON_FREE = 0x02;
/** Keep accepted sockets, and a listening socket made here, from programs this one executes. */
export const LEV_OPT_CLOSE_ON_EXEC = 0x04;
/** Listen on a port that closed connections still occupy: SO_REUSEADDR. */
export const LEV_OPT_REUSEABLE = 0x08;
/** Accepted for the sake of programs that come from C; a listener belongs to one thread here. */
export const LEV_OPT_THREADSAFE = 0x10;
/** Do not accept before `enable()`. */
export const LEV_OPT_DISABLED = 0x20;
/** Hear of a connection only when its first bytes have come: TCP_DEFER_ACCEPT. */
export const LEV_OPT_DEFERRED_ACCEPT = 0x40;
/** Share the port with other listeners that have this flag: SO_REUSEPORT. */
export const LEV_OPT_REUSEABLE_PORT = 0x80;
/** Take no IPv4 connections on an IPv6 socket: IPV6_V6ONLY. */
export const LEV_OPT_BIND_IPV6ONLY = 0x100;
/** Take IPv4 connections on an IPv6 socket, whatever the system's default is: IPV6_V6ONLY off. */
export const LEV_OPT_BIND_IPV4_AND_IPV6 = 0x200;

const NOT_FOR_UNIX = LEV_OPT_REUSEABLE | LEV_OPT_REUSEABLE_PORT | LEV_OPT_DEFERRED_ACCEPT;
const BOTH_WAYS = LEV_OPT_BIND_IPV6ONLY | LEV_OPT_BIND_IPV4_AND_IPV6;

function setOptions(fd: number, address: SocketAddress, flags: number): void {
  const set = (level: number, option: number, value = 1): void => {
    if (setsockopt(fd, level, option, value) < 0) throw new SystemError('setsockopt', address);
  };
  if (address.family !== 'Unix') set(SOL_SOCKET, SO_KEEPALIVE);
  if ((flags & LEV_OPT_REUSEABLE) !== 0) set(SOL_SOCKET, SO_REUSEADDR);
  if ((flags & LEV_OPT_REUSEABLE_PORT) !== 0) set(SOL_SOCKET, SO_REUSEPORT);
  if ((flags & LEV_OPT_DEFERRED_ACCEPT) !== 0) set(IPPROTO_TCP, TCP_DEFER_ACCEPT);
  if ((flags & LEV_OPT_BIND_IPV6ONLY) !== 0) set(IPPROTO_IPV6, IPV6_V6ONLY);
  if ((flags & LEV_OPT_BIND_IPV4_AND_IPV6) !== 0) set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
}

/**
 * Makes a nonblocking socket bound to an address.
 *
 * @param flags - LEV_OPT_ flags
 * @returns its descriptor
 * @throws SystemError if a call fails; no descriptor is left open
 * @throws RangeError or TypeError for an address that cannot be laid out
 * @internal
 */
export function makeListeningSocket(address: SocketAddress, flags: number): number {
  // Unreleased libevent refuses these; the released one let them pass, and a second server took
  // the path of the first for granted.
  if (address.family === 'Unix' && (flags & NOT_FOR_UNIX) !== 0) {
    throw new SystemError('setsockopt', address, EOPNOTSUPP);
  }
  if ((flags & BOTH_WAYS) === BOTH_WAYS) throw new SystemError('setsockopt', address, EINVAL);
  const type =
    SOCK_STREAM | SOCK_NONBLOCK | ((flags & LEV_OPT_CLOSE_ON_EXEC) !== 0 ? SOCK_CLOEXEC : 0);
  const fd = socket(addressFamily(address), type, 0);
  if (fd < 0) throw new SystemError('socket', address);
  try {
    setOptions(fd, address, flags);
    if (bind(fd, address) < 0) throw new SystemError('bind', address);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}
