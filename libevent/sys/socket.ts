import { encodeAddress } from './address.ts';
import type { SockaddrStorage, SocketAddress } from './address.ts';
import { bufferPart } from './descriptor.ts';
import { libc } from './libc.ts';

/** Types of socket(2), and the two flags that may be added to them. */
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

/** Levels and options of setsockopt(2): socket(7), tcp(7), ipv6(7). */
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_TYPE = 3;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
export const SO_REUSEPORT = 15;
export const SO_ACCEPTCONN = 30;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_DEFER_ACCEPT = 9;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;

/** Flags of send(2) and recv(2). */
export const MSG_PEEK = 0x2;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;

/** What shutdown(2) shuts: receiving, sending, both. */
export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;

const SIZE_OF_INT = 4;

type AddressQuery = (fd: number, address: Uint8Array, length: Int32Array) => number;

const socketNative: (family: number, type: number, protocol: number) => number = libc.func(
  'int socket(int family, int type, int protocol)',
);
const socketpairNative: (
  family: number,
  type: number,
  protocol: number,
  pair: Int32Array,
) => number = libc.func('int socketpair(int family, int type, int protocol, void *pair)');
const bindNative: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int bind(int fd, const void *address, uint32_t length)',
);
const connectNative: (fd: number, address: Uint8Array, length: number) => number = libc.func(
  'int connect(int fd, const void *address, uint32_t length)',
);
const listenNative: (fd: number, backlog: number) => number = libc.func(
  'int listen(int fd, int backlog)',
);
const accept4Native: (
  fd: number,
  address: Uint8Array | null,
  length: Int32Array | null,
  flags: number,
) => number = libc.func('int accept4(int fd, void *address, void *length, int flags)');
const shutdownNative: (fd: number, how: number) => number = libc.func(
  'int shutdown(int fd, int how)',
);
const setsockoptNative: (
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  length: number,
) => number = libc.func(
  'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
);
const getsockoptNative: (
  fd: number,
  level: number,
  option: number,
  value: Int32Array,
  length: Int32Array,
) => number = libc.func('int getsockopt(int fd, int level, int option, void *value, void *length)');
const getsocknameNative: AddressQuery = libc.func(
  'int getsockname(int fd, void *address, void *length)',
);
const getpeernameNative: AddressQuery = libc.func(
  'int getpeername(int fd, void *address, void *length)',
);
const sendNative: (fd: number, buffer: Uint8Array, count: number, flags: number) => number =
  libc.func('intptr_t send(int fd, const void *buffer, size_t count, int flags)');
const recvNative: (fd: number, buffer: Uint8Array, count: number, flags: number) => number =
  libc.func('intptr_t recv(int fd, void *buffer, size_t count, int flags)');

/**
 * Makes a socket: socket(2).
 *
 * @param family - `AF_INET`, `AF_INET6` or `AF_UNIX`
 * @param type - `SOCK_STREAM` or `SOCK_DGRAM`, with `SOCK_NONBLOCK` and `SOCK_CLOEXEC` if wanted
 * @returns its descriptor, or -1 and sets errno
 */
export function socket(family: number, type: number, protocol: number): number {
  return socketNative(family, type, protocol);
}

/**
 * Makes two sockets that are connected to each other: socketpair(2).
 *
 * @param pair - where the two descriptors go
 * @returns 0, or -1 and sets errno
 * @throws RangeError if `pair` has no room for two
 */
export function socketpair(
  family: number,
  type: number,
  protocol: number,
  pair: Int32Array,
): number {
  if (pair.length < 2) throw new RangeError('socketpair() needs room for two descriptors');
  return socketpairNative(family, type, protocol, pair);
}

/**
 * Gives a socket its address: bind(2). Returns 0, or -1 and sets errno.
 *
 * @throws RangeError or TypeError for an address that cannot be laid out
 */
export function bind(fd: number, address: SocketAddress): number {
  const bytes = encodeAddress(address);
  return bindNative(fd, bytes, bytes.length);
}

/**
 * Connects a socket to an address: connect(2). Returns 0, or -1 and sets errno, which is
 * `EINPROGRESS` for a nonblocking socket that is on its way.
 *
 * @throws RangeError or TypeError for an address that cannot be laid out
 */
export function connect(fd: number, address: SocketAddress): number {
  const bytes = encodeAddress(address);
  return connectNative(fd, bytes, bytes.length);
}

/**
 * Makes a bound socket ready for connections: listen(2). Returns 0, or -1 and sets errno.
 *
 * @param backlog - how many may wait to be accepted; the kernel cuts it at its `somaxconn`
 */
export function listen(fd: number, backlog: number): number {
  return listenNative(fd, backlog);
}

/**
 * Takes the first connection that waits: accept4(2).
 *
 * @param address - where the peer's address goes, or null
 * @param flags - `SOCK_NONBLOCK`, `SOCK_CLOEXEC`, both or 0
 * @returns the descriptor of the connection, or -1 and sets errno
 */
export function accept4(fd: number, address: SockaddrStorage | null, flags: number): number {
  if (address === null) return accept4Native(fd, null, null, flags);
  address.reset();
  return accept4Native(fd, address.bytes, address.length, flags);
}

/**
 * Shuts one direction of a connection, or both: shutdown(2). Returns 0, or -1 and sets errno.
 *
 * @param how - `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`
 */
export function shutdown(fd: number, how: number): number {
  return shutdownNative(fd, how);
}

/**
 * Sets an option of a socket: setsockopt(2). Returns 0, or -1 and sets errno.
 *
 * @param value - an int, or the bytes of a structure such as `struct linger`
 */
export function setsockopt(
  fd: number,
  level: number,
  option: number,
  value: number | Uint8Array,
): number {
  if (typeof value !== 'number') return setsockoptNative(fd, level, option, value, value.length);
  const bytes = Buffer.alloc(SIZE_OF_INT);
  bytes.writeInt32LE(value);
  return setsockoptNative(fd, level, option, bytes, bytes.length);
}

/**
 * Reads an option of a socket: getsockopt(2).
 *
 * @param value - where it goes: one int, or as many as a structure such as `struct tcp_info` takes
 * @returns 0, or -1 and sets errno
 * @throws RangeError if `value` has no room for one int
 */
export function getsockopt(fd: number, level: number, option: number, value: Int32Array): number {
  if (value.length < 1) throw new RangeError('getsockopt() needs room for one int');
  return getsockoptNative(fd, level, option, value, new Int32Array([value.byteLength]));
}

/** Finds out a socket's own address: getsockname(2). Returns 0, or -1 and sets errno. */
export function getsockname(fd: number, address: SockaddrStorage): number {
  address.reset();
  return getsocknameNative(fd, address.bytes, address.length);
}

/** Finds out the address at a connection's other end: getpeername(2). Returns 0, or -1 and sets errno. */
export function getpeername(fd: number, address: SockaddrStorage): number {
  address.reset();
  return getpeernameNative(fd, address.bytes, address.length);
}

/**
 * Sends bytes on a connected socket: send(2).
 *
 * @param count - the most bytes to send
 * @param flags - such as `MSG_NOSIGNAL`, which turns the death by SIGPIPE into `EPIPE`
 * @param offset - where in the buffer the first of them is
 * @returns how many were taken, which may be fewer, or -1 and sets errno
 * @throws RangeError if `count` bytes from `offset` do not lie within the buffer
 */
export function send(
  fd: number,
  buffer: Uint8Array,
  count: number,
  flags: number,
  offset = 0,
): number {
  return sendNative(fd, bufferPart(buffer, offset, count), count, flags);
}

/**
 * Receives bytes from a connected socket: recv(2).
 *
 * @param count - the most bytes to receive
 * @param offset - where in the buffer the first of them goes
 * @returns how many came, 0 when the peer has shut its side, or -1 and sets errno
 * @throws RangeError if `count` bytes from `offset` do not fit the buffer
 */
export function recv(
  fd: number,
  buffer: Uint8Array,
  count: number,
  flags: number,
  offset = 0,
): number {
  return recvNative(fd, bufferPart(buffer, offset, count), count, flags);
}
