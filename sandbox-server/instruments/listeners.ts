/** Where the processes of a program listen, as /proc has it: proc_pid_net(5). */
import { descendantsOf } from '../process/process-tree.ts';
import { openSockets } from './open-sockets.ts';
import { socketsIn, tableText, TCP } from './tcp-table.ts';

/** Bytes of a table that are read. */
const TABLE_SIZE = 64 * 1024;
/** What is looked at: a hostile program has many processes, and more descriptors. */
const MOST_PROCESSES = 64;
const MOST_DESCRIPTORS = 4096;

/** Who listens in the network of a process: the addresses by the inodes of their sockets. */
function listenersIn(pid: number): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of ['tcp', 'tcp6'] as const) {
    for (const { inode, local, state } of socketsIn(tableText(pid, name, TABLE_SIZE) ?? '')) {
      if (state === TCP.LISTEN) found.set(inode, addressText(local));
    }
  }
  return found;
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
  const inside = processes.findLast((each) => tableText(each, 'tcp', 1) !== undefined);
  if (inside === undefined) return [];
  const listeners = listenersIn(inside);
  const found = new Set<string>();
  let left = MOST_DESCRIPTORS;
  for (const each of processes) {
    if (found.size === listeners.size || left === 0) break;
    const { sockets, looks } = openSockets(each, left);
    left -= looks;
    for (const { inode } of sockets) {
      const address = listeners.get(inode);
      if (address !== undefined) found.add(address);
    }
  }
  return [...found];
}
