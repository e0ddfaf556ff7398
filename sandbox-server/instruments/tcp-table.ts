/** The tables of TCP sockets that the kernel keeps for the network of a process: proc_net_tcp(5). */
import { closeSync, openSync, readSync } from 'node:fs';

/** The states of a socket: `tcp_states.h` of the kernel. */
export const TCP = {
  ESTABLISHED: 1,
  SYN_SENT: 2,
  SYN_RECV: 3,
  FIN_WAIT1: 4,
  CLOSE_WAIT: 8,
  LAST_ACK: 9,
  LISTEN: 10,
  CLOSING: 11,
} as const;

/** One socket of a table. */
export interface TcpSocket {
  /** Its own address and the other end’s, as the table has them: an IPv4 address is the same in both tables. */
  readonly local: string;
  readonly remote: string;
  readonly state: number;
  /** tx_queue: bytes that the other end has not acknowledged. */
  readonly sending: number;
  /** rx_queue: bytes that nobody has read; of one that listens, the connections that wait for accept(2). */
  readonly waiting: number;
  /** 0 for one that no process has: it was not accepted yet, or it is closed. */
  readonly inode: number;
}

/** How a table of IPv6 writes that an address is one of IPv4, on either kind of computer. */
const MAPPED = /^0{16}(?:FFFF0000|0000FFFF)/;
/** In these states the other end’s FIN has come, and in those our own is on its way: it counts for a byte. */
const FIN_CAME: readonly number[] = [TCP.CLOSE_WAIT, TCP.LAST_ACK, TCP.CLOSING];
const FIN_SENT: readonly number[] = [TCP.FIN_WAIT1, TCP.LAST_ACK, TCP.CLOSING];

/** The bytes of tables are read into one place, again and again. */
let place = Buffer.alloc(0);

/**
 * The beginning of a table. The kernel lists those who listen first.
 * @param pid a process of the network
 * @param size how many bytes of it are read at most
 * @returns undefined when the process has ended, or the kernel has no such table
 */
export function tableText(pid: number, name: 'tcp' | 'tcp6', size: number): string | undefined {
  if (place.length < size) place = Buffer.alloc(size);
  let fd;
  try {
    fd = openSync(`/proc/${pid}/net/${name}`, 'r');
    let length = 0;
    // The kernel gives a page at a time.
    for (let got = 1; got > 0 && length < size; length += got) {
      got = readSync(fd, place, length, size - length, null);
    }
    return place.toString('latin1', 0, length);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** The sockets of a table; what was cut off at its end is left out. */
export function socketsIn(table: string): TcpSocket[] {
  return table.split('\n').slice(1, -1).flatMap(socketOf);
}

function socketOf(line: string): TcpSocket[] {
  const [, local = '', remote = '', hex = '', queues = '', , , , , inode] = line
    .trim()
    .split(/\s+/);
  if (inode === undefined) return [];
  const state = Number.parseInt(hex, 16);
  const [sending, waiting] = queues.split(':').map((digits) => Number.parseInt(digits, 16));
  return [
    {
      local: local.replace(MAPPED, ''),
      remote: remote.replace(MAPPED, ''),
      state,
      sending: without(FIN_SENT, state, sending),
      waiting: without(FIN_CAME, state, waiting),
      inode: Number(inode),
    },
  ];
}

/** A FIN has a place among the bytes, and nobody sent it for one. */
function without(fin: readonly number[], state: number, bytes = 0): number {
  return Math.max(0, fin.includes(state) ? bytes - 1 : bytes);
}

/** The port of an address of a table. */
export function portOf(address: string): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16);
}
