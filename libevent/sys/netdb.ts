import koffi from 'koffi';
import { AF_UNSPEC, decodeAddress } from './address.ts';
import type { SocketAddress } from './address.ts';
import { libc } from './libc.ts';

/** Flags of getaddrinfo(3): addresses to listen on, when no node is given. */
export const AI_PASSIVE = 0x01;
/** Tell the node's official name. */
export const AI_CANONNAME = 0x02;
/** The node is an address in text; ask no one. */
export const AI_NUMERICHOST = 0x04;
/** With IPv6 asked for and not found, IPv4 in the form of IPv6. */
export const AI_V4MAPPED = 0x08;
/** With `AI_V4MAPPED`, those too if IPv6 was found. */
export const AI_ALL = 0x10;
/** Only families that this machine has an address of. */
export const AI_ADDRCONFIG = 0x20;
/** The service is a number; ask no one. */
export const AI_NUMERICSERV = 0x400;

/** Errors of getaddrinfo(3): a flag that does not exist, or does not fit. */
export const EAI_BADFLAGS = -1;
/** No such node or service. */
export const EAI_NONAME = -2;
/** The servers cannot say now; another time they may. */
export const EAI_AGAIN = -3;
/** The servers failed. */
export const EAI_FAIL = -4;
/** The node exists and has no address. */
export const EAI_NODATA = -5;
/** A family that is not known. */
export const EAI_FAMILY = -6;
/** A type of socket that is not known, or does not fit the protocol. */
export const EAI_SOCKTYPE = -7;
/** The service does not exist for this type of socket. */
export const EAI_SERVICE = -8;
/** The node has no address of the family. */
export const EAI_ADDRFAMILY = -9;
/** No memory. */
export const EAI_MEMORY = -10;
/** errno says why. */
export const EAI_SYSTEM = -11;
/** A name is too long. */
export const EAI_OVERFLOW = -12;

/** What getaddrinfo(3) is to look for; what is left out may be anything. */
export interface AddrinfoHints {
  /** `AI_` flags. */
  readonly flags?: number;
  /** `AF_INET`, `AF_INET6` or `AF_UNSPEC`. */
  readonly family?: number;
  /** `SOCK_STREAM` or `SOCK_DGRAM`. */
  readonly socktype?: number;
  /** `IPPROTO_TCP`, for instance. */
  readonly protocol?: number;
}

/** One answer of getaddrinfo(3): `struct addrinfo`. */
export interface Addrinfo {
  /** For socket(2). */
  readonly family: number;
  /** For socket(2). */
  readonly socktype: number;
  /** For socket(2). */
  readonly protocol: number;
  /** For connect(2) or bind(2). */
  readonly address: SocketAddress;
  /** The node's official name, in the first answer, if `AI_CANONNAME` asked for it. */
  readonly canonname: string | null;
}

const ADDRINFO_SIZE = 48;
const FAMILY_OFFSET = 4;
const SOCKTYPE_OFFSET = 8;
const PROTOCOL_OFFSET = 12;
const ADDRESS_LENGTH_OFFSET = 16;
const ADDRESS_OFFSET = 24;
const CANONNAME_OFFSET = 32;
const NEXT_OFFSET = 40;

const getaddrinfoNative: (
  node: string | null,
  service: string | null,
  hints: Uint8Array,
  result: BigUint64Array,
) => number = libc.func(
  'int getaddrinfo(const char *node, const char *service, const void *hints, void *result)',
);
const freeaddrinfoNative: (list: bigint) => void = libc.func('void freeaddrinfo(void *list)');
const gaiStrerrorNative: (error: number) => string = libc.func('str gai_strerror(int error)');
const bytesAt: (pointer: bigint, type: 'uint8_t', length: number) => Uint8Array = koffi.decode;
const textAt: (pointer: bigint, type: 'char', length: number) => string = koffi.decode;

function layOutHints(hints: AddrinfoHints): Buffer {
  const bytes = Buffer.alloc(ADDRINFO_SIZE);
  bytes.writeInt32LE(hints.flags ?? 0, 0);
  bytes.writeInt32LE(hints.family ?? AF_UNSPEC, FAMILY_OFFSET);
  bytes.writeInt32LE(hints.socktype ?? 0, SOCKTYPE_OFFSET);
  bytes.writeInt32LE(hints.protocol ?? 0, PROTOCOL_OFFSET);
  return bytes;
}

function readList(head: bigint): Addrinfo[] {
  const found: Addrinfo[] = [];
  for (let pointer = head; pointer !== 0n;) {
    const info = Buffer.from(bytesAt(pointer, 'uint8_t', ADDRINFO_SIZE));
    const length = info.readUInt32LE(ADDRESS_LENGTH_OFFSET);
    const canonname = info.readBigUInt64LE(CANONNAME_OFFSET);
    found.push({
      family: info.readInt32LE(FAMILY_OFFSET),
      socktype: info.readInt32LE(SOCKTYPE_OFFSET),
      protocol: info.readInt32LE(PROTOCOL_OFFSET),
      address: decodeAddress(bytesAt(info.readBigUInt64LE(ADDRESS_OFFSET), 'uint8_t', length)),
      // -1: up to the NUL that ends it.
      canonname: canonname === 0n ? null : textAt(canonname, 'char', -1),
    });
    pointer = info.readBigUInt64LE(NEXT_OFFSET);
  }
  return found;
}

/**
 * Finds the addresses of a name: getaddrinfo(3). The thread waits while servers are asked.
 *
 * @param node - a name or an address in text; null for this machine
 * @param service - a name such as "http" or a port in text; null for port 0
 * @param hints - what to look for
 * @returns the addresses, best first, or an `EAI_` number, negative, for `gai_strerror()`
 * @throws TypeError for a name with a NUL in it
 */
export function getaddrinfo(
  node: string | null,
  service: string | null,
  hints: AddrinfoHints = {},
): Addrinfo[] | number {
  for (const text of [node, service]) {
    // C would take what is before the NUL for the whole.
    if (text?.includes('\0') === true) throw new TypeError('a name has no NUL inside');
  }
  const result = new BigUint64Array(1);
  const error = getaddrinfoNative(node, service, layOutHints(hints), result);
  if (error !== 0) return error;
  const list = result[0] ?? 0n;
  try {
    return readList(list);
  } finally {
    freeaddrinfoNative(list);
  }
}

/**
 * The C library's words for an error of `getaddrinfo()`: gai_strerror(3), such as "Name or service
 * not known".
 *
 * @param error - an `EAI_` number
 */
export function gai_strerror(error: number): string {
  return gaiStrerrorNative(error);
}
