/** Where the processes of a program listen, as /proc has it: proc_pid_net(5). */
import { closeSync, openSync, readSync, readdirSync, readlinkSync } from 'node:fs';
import { descendantsOf } from '../process/process-tree.ts';

/** TCP_LISTEN, in the table’s hexadecimal. */
const LISTEN = '0A';
/** Bytes of a table that are read. The kernel lists those who listen first. */
const TABLE_SIZE = 64 * 1024;
/** What is looked at: a hostile program has many processes, and more descriptors. */
const MOST_PROCESSES = 64;
const MOST_DESCRIPTORS = 4096;

/** The beginning of a table of sockets. */
function tableOf(pid: number, name: string): string {
  let fd;
  try {
    fd = openSync(`/proc/${pid}/net/${name}`, 'r');
    const bytes = Buffer.alloc(TABLE_SIZE);
    let length = 0;
    // The kernel gives a page at a time.
    for (let got = 1; got > 0 && length < TABLE_SIZE; length += got) {
      got = readSync(fd, bytes, length, TABLE_SIZE - length, null);
    }
    return bytes.toString('latin1', 0, length);
  } catch {
    // The process has ended, or the kernel has no IPv6.
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Who listens in the network of a process: the addresses by the inodes of their sockets. */
function listenersIn(pid: number): Map<string, string> {
  const found = new Map<string, string>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of tableOf(pid, table).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN && inode !== undefined) found.set(inode, addressText(local));
    }
  }
  return found;
}

/** The descriptors of a process. */
function descriptorsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((fd) => `${folder}/${fd}`);
  } catch {
    return [];
  }
}

/** The inode of the socket that a descriptor is, if it is one. */
function socketAt(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    // It was closed meanwhile.
    return undefined;
  }
}

/** An address of the table: words of 32 bits in the computer’s own order, then the port. */
function addressText(hex: string): string {
  const [words = '', port = ''] = hex.split(':');
  const bytes = Buffer.from(words, 'hex');
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) bytes.swap32();
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.join('.')}:${number}`;
  const groups = Array.from({ length: 8 }, (_, group) =>
    bytes.readUInt16BE(group * 2).toString(16),
  );
  const { hostname } = new URL(`http://[${groups.join(':')}]/`);
  return `${hostname}:${number}`;
}

/**
 * The addresses where a program listens: `127.0.0.1:9876`, `[::]:80`. However many sockets a program has,
 * the look is a short one, and may then miss some.
 * @param pid its first process, or the one that it was started by. All of them have one network
 */
export function listenersOf(pid: number): string[] {
  const processes = [pid, ...descendantsOf(pid, MOST_PROCESSES)];
  // The first can be a wrapper outside of that network, and one that has ended has none.
  const inside = processes.findLast((each) => tableOf(each, 'tcp') !== '');
  if (inside === undefined) return [];
  const listeners = listenersIn(inside);
  const found = new Set<string>();
  let looks = 0;
  for (const each of processes) {
    for (const link of descriptorsOf(each)) {
      if (found.size === listeners.size || ++looks > MOST_DESCRIPTORS) return [...found];
      const address = listeners.get(socketAt(link) ?? '');
      if (address !== undefined) found.add(address);
    }
  }
  return [...found];
}
