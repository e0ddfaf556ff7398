import { libc } from './libc.ts';

/** Address families of socket(2). */
export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** An IPv4 address and port: ip(7). */
export interface IPv4Address {
  readonly family: 'IPv4';
  /** In dotted form, such as "127.0.0.1". */
  readonly address: string;
  /** 0 to 65535, in the host's order; 0 lets bind(2) choose one. */
  readonly port: number;
}

/** An IPv6 address and port: ipv6(7). */
export interface IPv6Address {
  readonly family: 'IPv6';
  /** In the form of inet_pton(3), such as "::1"; a scope goes in `scopeId`, not after a "%". */
  readonly address: string;
  /** 0 to 65535, in the host's order; 0 lets bind(2) choose one. */
  readonly port: number;
  /** 0 to 2³²-1. */
  readonly flowinfo?: number;
  /** The index of an interface, 0 to 2³²-1, for link-local addresses. */
  readonly scopeId?: number;
}

/** A Unix domain address: unix(7). */
export interface UnixAddress {
  readonly family: 'Unix';
  /**
   * A path of at most 107 bytes; or a NUL and at most 107 bytes, which is a name in the abstract
   * namespace; or nothing, for a socket without a name.
   */
  readonly path: string;
}

/** What C spells `struct sockaddr`: where a socket is, or whom it talks to. */
export type SocketAddress = IPv4Address | IPv6Address | UnixAddress;

const IPV4_LENGTH = 16;
const IPV6_LENGTH = 28;
const FAMILY_LENGTH = 2;
const UNIX_PATH_SIZE = 108;
const STORAGE_SIZE = 128;
const INET6_ADDRSTRLEN = 46;

const inetPton: (family: number, text: string, bytes: Uint8Array) => number = libc.func(
  'int inet_pton(int family, const char *text, void *bytes)',
);
const inetNtop: (family: number, bytes: Uint8Array, text: Uint8Array, size: number) => unknown =
  libc.func('void *inet_ntop(int family, const void *bytes, void *text, uint32_t size)');

function checkRange(name: string, value: number, maximum: number): number {
  if (!Number.isInteger(value) || value < 0 || value > maximum) {
    throw new RangeError(
      `${name} must be a whole number from 0 to ${String(maximum)}, not ${String(value)}`,
    );
  }
  return value;
}

function putInternetAddress(family: number, text: string, bytes: Uint8Array): void {
  // A NUL would end the C string early and let a wrong address pass for a right one.
  if (text.includes('\0') || inetPton(family, text, bytes) !== 1) {
    const name = family === AF_INET ? 'IPv4' : 'IPv6';
    throw new TypeError(`${JSON.stringify(text)} is not an ${name} address`);
  }
}

function encodeUnix(path: string): Buffer {
  const name = Buffer.from(path, 'utf8');
  if (name.length === 0) return withFamily(Buffer.alloc(FAMILY_LENGTH), AF_UNIX);
  const isAbstract = name[0] === 0;
  if (!isAbstract && name.includes(0)) throw new TypeError('a socket path has no NUL inside');
  // A path takes its closing NUL with it; an abstract name is its bytes and nothing more.
  const size = isAbstract ? name.length : name.length + 1;
  if (size > UNIX_PATH_SIZE) {
    throw new RangeError(`a socket path has at most 107 bytes, not ${String(name.length)}`);
  }
  const bytes = withFamily(Buffer.alloc(FAMILY_LENGTH + size), AF_UNIX);
  name.copy(bytes, FAMILY_LENGTH);
  return bytes;
}

function withFamily(bytes: Buffer, family: number): Buffer {
  bytes.writeUInt16LE(family, 0);
  return bytes;
}

/**
 * The number of an address's family, as socket(2) wants it: `AF_INET`, `AF_INET6` or `AF_UNIX`.
 */
export function addressFamily(address: SocketAddress): number {
  switch (address.family) {
    case 'IPv4':
      return AF_INET;
    case 'IPv6':
      return AF_INET6;
    case 'Unix':
      return AF_UNIX;
  }
}

/**
 * Lays an address out as the kernel wants it: `struct sockaddr_in`, `sockaddr_in6` or `sockaddr_un`.
 *
 * @returns exactly the bytes whose number goes with them as `socklen_t`
 * @throws RangeError for a port, scope or flow that is out of range, or a path that is too long
 * @throws TypeError for text that is not an address of its family
 */
export function encodeAddress(address: SocketAddress): Uint8Array {
  switch (address.family) {
    case 'IPv4': {
      const bytes = withFamily(Buffer.alloc(IPV4_LENGTH), AF_INET);
      bytes.writeUInt16BE(checkRange('port', address.port, 0xffff), 2);
      putInternetAddress(AF_INET, address.address, bytes.subarray(4, 8));
      return bytes;
    }
    case 'IPv6': {
      const bytes = withFamily(Buffer.alloc(IPV6_LENGTH), AF_INET6);
      bytes.writeUInt16BE(checkRange('port', address.port, 0xffff), 2);
      bytes.writeUInt32BE(checkRange('flowinfo', address.flowinfo ?? 0, 0xffffffff), 4);
      putInternetAddress(AF_INET6, address.address, bytes.subarray(8, 24));
      bytes.writeUInt32LE(checkRange('scopeId', address.scopeId ?? 0, 0xffffffff), 24);
      return bytes;
    }
    case 'Unix':
      return encodeUnix(address.path);
  }
}

function ipv4Text(bytes: Uint8Array): string {
  return `${bytes[4] ?? 0}.${bytes[5] ?? 0}.${bytes[6] ?? 0}.${bytes[7] ?? 0}`;
}

function portOf(bytes: Uint8Array): number {
  return ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
}

/**
 * Reads an address that the kernel laid out.
 *
 * @param bytes - a `struct sockaddr` of any of the three families
 * @param length - how many of the bytes the kernel filled
 * @throws RangeError if there are too few bytes for the family, or it is none of the three
 */
export function decodeAddress(bytes: Uint8Array, length = bytes.length): SocketAddress {
  if (
    length >= IPV4_LENGTH &&
    bytes.length >= IPV4_LENGTH &&
    bytes[0] === AF_INET &&
    bytes[1] === 0
  ) {
    return { family: 'IPv4', address: ipv4Text(bytes), port: portOf(bytes) };
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(length, bytes.length));
  const family = view.length < FAMILY_LENGTH ? AF_UNSPEC : view.readUInt16LE(0);
  if (family === AF_INET6 && view.length >= IPV6_LENGTH) {
    const text = Buffer.alloc(INET6_ADDRSTRLEN);
    inetNtop(AF_INET6, view.subarray(8, 24), text, text.length);
    return {
      family: 'IPv6',
      address: text.toString('latin1', 0, text.indexOf(0)),
      port: view.readUInt16BE(2),
      flowinfo: view.readUInt32BE(4),
      scopeId: view.readUInt32LE(24),
    };
  }
  if (family === AF_UNIX) {
    const name = view.subarray(FAMILY_LENGTH);
    const isAbstract = name[0] === 0;
    const end = isAbstract ? -1 : name.indexOf(0);
    return { family: 'Unix', path: name.toString('utf8', 0, end < 0 ? name.length : end) };
  }
  throw new RangeError(
    `${String(view.length)} bytes of address family ${String(family)} are no address known here`,
  );
}

/**
 * Writes an address as people do: "127.0.0.1:9876", "[::1]:9876", a path, or "@name" for an
 * abstract name.
 */
export function formatAddress(address: SocketAddress): string {
  switch (address.family) {
    case 'IPv4':
      return `${address.address}:${String(address.port)}`;
    case 'IPv6':
      return `[${address.address}]:${String(address.port)}`;
    case 'Unix':
      return address.path.startsWith('\0') ? `@${address.path.slice(1)}` : address.path;
  }
}

/**
 * Room for any address the kernel may hand out, with the length it says: `struct sockaddr_storage`
 * and the `socklen_t` beside it.
 */
export class SockaddrStorage {
  /** The bytes of the address. */
  readonly bytes = new Uint8Array(STORAGE_SIZE);
  /** One number: before a call the room there is, after it the length of the address. */
  readonly length = new Int32Array([STORAGE_SIZE]);
  /** The IPv4 address that was read last, as a number, and its text: who connects often does so again. */
  #ipv4 = 0;
  #text = '0.0.0.0';

  /** The family that the address is of. */
  get family(): number {
    return (this.bytes[0] ?? 0) | ((this.bytes[1] ?? 0) << 8);
  }

  /** Makes the whole room available to the next call. */
  reset(): void {
    this.length[0] = STORAGE_SIZE;
  }

  /**
   * Makes as much room available as an internet address takes.
   *
   * @param family - `AF_INET` or `AF_INET6`
   * @internal
   */
  resetFor(family: number): void {
    this.length[0] = family === AF_INET ? IPV4_LENGTH : IPV6_LENGTH;
  }

  /**
   * Reads the address that the last call left.
   *
   * @param length - its length
   * @throws RangeError if it is of a family not known here
   */
  decode(length = this.length[0] ?? 0): SocketAddress {
    const { bytes } = this;
    if (this.family !== AF_INET || length < IPV4_LENGTH) return decodeAddress(bytes, length);
    const ipv4 =
      ((bytes[4] ?? 0) << 24) | ((bytes[5] ?? 0) << 16) | ((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0);
    if (ipv4 !== this.#ipv4) {
      this.#ipv4 = ipv4;
      this.#text = ipv4Text(bytes);
    }
    return { family: 'IPv4', address: this.#text, port: portOf(bytes) };
  }
}
