import { decodeAddress, encodeAddress } from './sys/address.ts';
import type { IPv4Address, IPv6Address, SocketAddress } from './sys/address.ts';
import {
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  O_NONBLOCK,
  close,
  fcntl,
} from './sys/descriptor.ts';
import { errno, strerror } from './sys/errno.ts';
import { if_nametoindex } from './sys/interface.ts';
import { gai_strerror } from './sys/netdb.ts';
import {
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  setsockopt,
} from './sys/socket.ts';
import { CLOCK_MONOTONIC, Timespec, clock_gettime } from './sys/time.ts';

/**
 * Why the last call on a socket failed, as a positive error number: libevent's
 * `EVUTIL_SOCKET_ERROR()`, which on Linux is errno(3). In an error or event callback it is the
 * reason of what the callback is told.
 */
export function EVUTIL_SOCKET_ERROR(): number {
  return errno();
}

/**
 * The words for an error number, such as "Address already in use":
 * `evutil_socket_error_to_string()`.
 *
 * @param error - a positive error number
 */
export function evutilSocketErrorToString(error: number): string {
  return strerror(error);
}

/**
 * The words for what `Bufferevent.getDnsError()` says, such as "Name or service not known":
 * `evutil_gai_strerror()`, gai_strerror(3).
 *
 * @param error - an `EAI_` number of `libevent-ts/sys`
 */
export function evutilGaiStrerror(error: number): string {
  return gai_strerror(error);
}

/**
 * Makes calls on a descriptor return -1 with `EAGAIN` instead of waiting:
 * `evutil_make_socket_nonblocking()`. Its other flags stay.
 *
 * @returns 0, or -1 and leaves errno
 */
export function evutilMakeSocketNonblocking(fd: number): number {
  return addFlag(fd, F_GETFL, F_SETFL, O_NONBLOCK);
}

/**
 * Keeps a descriptor from the programs that this one executes:
 * `evutil_make_socket_closeonexec()`.
 *
 * @returns 0, or -1 and leaves errno
 */
export function evutilMakeSocketCloseonexec(fd: number): number {
  return addFlag(fd, F_GETFD, F_SETFD, FD_CLOEXEC);
}

/**
 * Lets bind(2) take a port that closed connections still occupy, SO_REUSEADDR:
 * `evutil_make_listen_socket_reuseable()`. Call it before bind(2).
 *
 * @returns 0, or -1 and leaves errno
 */
export function evutilMakeListenSocketReuseable(fd: number): number {
  return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
}

/**
 * Lets several sockets that all have this share a port, SO_REUSEPORT:
 * `evutil_make_listen_socket_reuseable_port()`. Call it before bind(2).
 *
 * @returns 0, or -1 and leaves errno
 */
export function evutilMakeListenSocketReuseablePort(fd: number): number {
  return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
}

/**
 * Takes no IPv4 connections on an IPv6 socket, IPV6_V6ONLY:
 * `evutil_make_listen_socket_ipv6only()`. Call it before bind(2).
 *
 * @returns 0, or -1 and leaves errno, `ENOPROTOOPT` for a socket that is not IPv6
 */
export function evutilMakeListenSocketIpv6only(fd: number): number {
  return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
}

/**
 * Has a listening TCP socket tell of a connection only when its first bytes have come,
 * TCP_DEFER_ACCEPT: `evutil_make_tcp_listen_socket_deferred()`.
 *
 * @returns 0, or -1 and leaves errno
 */
export function evutilMakeTcpListenSocketDeferred(fd: number): number {
  return setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
}

/** Closes a socket: `evutil_closesocket()`, close(2). Returns 0, or -1 and leaves errno. */
export function evutilClosesocket(fd: number): number {
  return close(fd);
}

/**
 * Reads an address with or without a port: `evutil_parse_sockaddr_port()`. It takes
 * "1.2.3.4", "1.2.3.4:80", "::1", "[::1]" and "[::1]:80", and asks nobody for names. As in C a port is
 * 1 to 65535, and what follows it is passed over. An IPv6 address may have its interface after a "%".
 *
 * @returns the address in the form that the system writes, with port 0 if the text has none, or null
 *   if it is no address
 */
export function evutilParseSockaddrPort(text: string): IPv4Address | IPv6Address | null {
  const { address, port, isV6 } = splitPort(text);
  const number = port === null ? 0 : Number.parseInt(port, 10);
  if (port !== null && !(number >= 1 && number <= 65535)) return null;
  try {
    return isV6 ? readV6(address, number) : normalized({ family: 'IPv4', address, port: number });
  } catch {
    return null;
  }
}

/**
 * Orders addresses: `evutil_sockaddr_cmp()`. Addresses are compared by what they mean, not
 * by how they are written, and IPv6 ones by their interface too.
 *
 * @param includePort - whether addresses that differ in their port only differ
 * @returns 0 if they are the same, less if the first comes before the other, else more
 * @throws RangeError or TypeError for an address that cannot be laid out
 */
export function evutilSockaddrCmp(
  one: SocketAddress,
  other: SocketAddress,
  includePort: boolean,
): number {
  const order = Buffer.compare(withoutPort(one), withoutPort(other));
  if (order !== 0 || !includePort || one.family === 'Unix' || other.family === 'Unix') return order;
  return one.port - other.port;
}

/**
 * Seconds since some moment in the past, which only go forward:
 * `evutil_gettime_monotonic()`, clock_gettime(2) with CLOCK_MONOTONIC. A timer object, as C has it for
 * systems without such a clock, is not needed.
 */
export function evutilGettimeMonotonic(): number {
  const time = new Timespec();
  clock_gettime(CLOCK_MONOTONIC, time);
  return time.toSeconds();
}

function addFlag(fd: number, get: number, set: number, flag: number): number {
  const flags = fcntl(fd, get);
  if (flags < 0) return -1;
  return (flags & flag) !== 0 ? 0 : fcntl(fd, set, flags | flag);
}

/** An address in text, what follows its colon or null, and whether it looks like IPv6. */
interface AddressText {
  readonly address: string;
  readonly port: string | null;
  readonly isV6: boolean;
}

function splitPort(text: string): AddressText {
  const bracketed = /^\[([^\]]*)\](?::(.*))?/s.exec(text);
  if (bracketed !== null) {
    return { address: bracketed[1] ?? '', port: bracketed[2] ?? null, isV6: true };
  }
  const [address = '', port = null, another] = text.split(':');
  return another === undefined
    ? { address, port, isV6: false }
    : { address: text, port: null, isV6: true };
}

/** @throws TypeError or RangeError if it is no address */
function readV6(text: string, port: number): IPv6Address {
  const percent = text.indexOf('%');
  if (percent < 0) return normalized({ family: 'IPv6', address: text, port });
  const zone = text.slice(percent + 1);
  const index = if_nametoindex(zone);
  if (index === 0 && !/^\d*$/.test(zone)) throw new TypeError(`no interface is called ${zone}`);
  const scopeId = index === 0 ? Number(zone) : index;
  return normalized({ family: 'IPv6', address: text.slice(0, percent), port, scopeId });
}

/** The same address as the system writes it. */
function normalized<T extends IPv4Address | IPv6Address>(address: T): T;
function normalized(address: SocketAddress): SocketAddress {
  return decodeAddress(encodeAddress(address));
}

function withoutPort(address: SocketAddress): Uint8Array {
  switch (address.family) {
    case 'IPv4':
      return encodeAddress({ ...address, port: 0 });
    case 'IPv6':
      return encodeAddress({ ...address, port: 0, flowinfo: 0 });
    case 'Unix':
      return encodeAddress(address);
  }
}
