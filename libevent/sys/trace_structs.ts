import koffi from 'koffi';

/** Says what lies in the memory that calls are given, without the modules that make the calls. */

/** The longest part of a text that a record shows, in bytes. */
const LONGEST_TEXT = 40;
/** The most descriptors of one wait that a record shows. */
const MOST_ENTRIES = 16;

const isPacked = process.arch === 'x64';
const EPOLL_EVENT_SIZE = isPacked ? 12 : 16;
const EPOLL_DATA = isPacked ? 4 : 8;
const POLLFD_SIZE = 8;

function view(value: unknown): Buffer | null {
  if (!ArrayBuffer.isView(value)) return null;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function isFull(list: string[]): boolean {
  if (list.length < MOST_ENTRIES) return false;
  list.push('…');
  return true;
}

/**
 * Bytes as a string in JSON's form, each byte a character; cut if they are many.
 *
 * @internal
 */
export function bytesWords(value: unknown, count: number): string {
  const shown = Math.max(0, Math.min(count, LONGEST_TEXT));
  // Some calls are given memory by its address alone.
  const bytes =
    typeof value === 'number' && shown > 0 ? Buffer.from(koffi.view(value, shown)) : view(value);
  if (bytes === null) return shown > 0 ? 'NULL' : '""';
  return JSON.stringify(bytes.toString('latin1', 0, shown)) + (count > LONGEST_TEXT ? '…' : '');
}

/** `struct iovec`: where a part lies, and how long it is. */
const IOVEC_SIZE = 16;

/**
 * Bytes that lie in parts, which an array of `struct iovec` tells of: those of the first part that has any.
 *
 * @param count - how many bytes count, in all parts
 * @internal
 */
export function partsWords(value: unknown, parts: number, count: number): string {
  const bytes = view(value);
  for (let at = 0; bytes !== null && at + IOVEC_SIZE <= bytes.length && at < parts * IOVEC_SIZE;) {
    const length = Number(bytes.readBigUInt64LE(at + 8));
    if (length > 0) {
      const address = Number(bytes.readBigUInt64LE(at));
      const words = bytesWords(address, Math.min(length, count));
      return count > length && !words.endsWith('…') ? `${words}…` : words;
    }
    at += IOVEC_SIZE;
  }
  return '""';
}

/**
 * How many bytes there are in parts.
 *
 * @internal
 */
export function partsLength(value: unknown, parts: number): number {
  const bytes = view(value);
  let sum = 0;
  for (let i = 0; bytes !== null && i < parts && (i + 1) * IOVEC_SIZE <= bytes.length; i++) {
    sum += Number(bytes.readBigUInt64LE(i * IOVEC_SIZE + 8));
  }
  return sum;
}

/**
 * The array of `struct iovec` of a `struct msghdr`, and how many there are.
 *
 * @internal
 */
export function messageParts(value: unknown): [iov: Uint8Array, parts: number] {
  const bytes = view(value);
  if (bytes === null || bytes.length < 32) return [Buffer.alloc(0), 0];
  const address = Number(bytes.readBigUInt64LE(16));
  const parts = Math.min(Number(bytes.readBigUInt64LE(24)), MOST_ENTRIES);
  if (address === 0 || parts === 0) return [Buffer.alloc(0), 0];
  return [Buffer.from(koffi.view(address, parts * IOVEC_SIZE)), parts];
}

/**
 * A `struct sockaddr` as people write addresses.
 *
 * @internal
 */
export function addressWords(value: unknown, length: number): string {
  const bytes = view(value)?.subarray(0, length);
  if (bytes === undefined) return 'NULL';
  const family = bytes.length < 2 ? 0 : bytes.readUInt16LE(0);
  if (family === 2 && bytes.length >= 16) {
    return `${bytes.subarray(4, 8).join('.')}:${bytes.readUInt16BE(2)}`;
  }
  if (family === 10 && bytes.length >= 28) {
    const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(8 + 2 * i).toString(16));
    return `[${groups
      .join(':')
      .replace(/\b0(?::0)+\b/, '::')
      .replace(/:{3,}/, '::')}]:${bytes.readUInt16BE(2)}`;
  }
  if (family === 1) {
    const path = bytes.toString('utf8', 2);
    return path.startsWith('\0') ? `@${path.slice(1)}` : path.replace(/\0.*$/s, '') || 'unnamed';
  }
  return `${bytes.length} bytes`;
}

/**
 * The descriptors of an array of `struct epoll_event`, and what is said of each.
 *
 * @internal
 */
export function epollWords(value: unknown, count: number, say: (events: number) => string): string {
  const bytes = view(value);
  const list: string[] = [];
  for (let i = 0; bytes !== null && i < count && !isFull(list); i++) {
    const at = i * EPOLL_EVENT_SIZE;
    list.push(`${bytes.readInt32LE(at + EPOLL_DATA)}: ${say(bytes.readInt32LE(at))}`);
  }
  return list.join(', ');
}

/**
 * The descriptors of an array of `struct pollfd`, and what is said of each.
 *
 * @param reported - whether to say what came, not what is waited for; what nothing came of is left out
 * @internal
 */
export function pollWords(
  value: unknown,
  count: number,
  reported: boolean,
  say: (events: number) => string,
): string {
  const bytes = view(value);
  const list: string[] = [];
  for (let i = 0; bytes !== null && i < count && !isFull(list); i++) {
    const at = i * POLLFD_SIZE;
    const events = bytes.readUInt16LE(at + (reported ? 6 : 4));
    if (!reported || events !== 0) list.push(`${bytes.readInt32LE(at)}: ${say(events)}`);
  }
  return list.join(', ');
}

/**
 * The descriptors of a `fd_set`.
 *
 * @param limit - the first number not to look at
 * @internal
 */
export function setWords(value: unknown, limit: number): string {
  if (view(value) === null) return 'NULL';
  const list: string[] = [];
  for (const fd of setMembers(value, limit)) {
    if (isFull(list)) break;
    list.push(String(fd));
  }
  return `{${list.join(' ')}}`;
}

/**
 * The members of a set of descriptors, as select(2) has it; NULL has none.
 *
 * @param limit - the first number not to look at
 * @internal
 */
export function setMembers(value: unknown, limit: number): number[] {
  const bytes = view(value);
  const members: number[] = [];
  if (bytes === null) return members;
  for (let fd = 0; fd < Math.min(limit, bytes.length * 8); fd++) {
    if (((bytes[fd >> 3] ?? 0) & (1 << (fd & 7))) !== 0) members.push(fd);
  }
  return members;
}

/**
 * An int in memory.
 *
 * @internal
 */
export function intAt(value: unknown, index: number): number {
  const bytes = view(value);
  return bytes !== null && bytes.length >= 4 * (index + 1) ? bytes.readInt32LE(4 * index) : 0;
}

/**
 * A `struct timeval` or `struct timespec`, in seconds.
 *
 * @param unit - how many of the second number make a second
 * @internal
 */
export function timeWords(value: unknown, unit: number): string {
  const bytes = view(value);
  if (bytes === null || bytes.length < 16) return 'NULL';
  const seconds = Number(bytes.readBigInt64LE(0)) + Number(bytes.readBigInt64LE(8)) / unit;
  return `${seconds} s`;
}
