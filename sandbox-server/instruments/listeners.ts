/** Where the processes of a program listen, as /proc has it: proc_pid_net(5). */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { descendantsOf } from '../process/process-tree.ts';

/** TCP_LISTEN, in the table’s hexadecimal. */
const LISTEN = '0A';

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // The process has ended, or the kernel has no IPv6.
    return '';
  }
}

/** The sockets that a process has open, by their inodes. */
function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1] ?? [];
      } catch {
        // It was closed meanwhile.
        return [];
      }
    });
  } catch {
    return [];
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
 * The addresses where a program listens: `127.0.0.1:9876`, `[::]:80`.
 * @param pid its first process, or the one that it was started by
 */
export function listenersOf(pid: number): string[] {
  const found = new Set<string>();
  for (const each of [pid, ...descendantsOf(pid)]) {
    const sockets = new Set(socketsOf(each));
    if (sockets.size === 0) continue;
    for (const table of ['tcp', 'tcp6']) {
      for (const line of read(`/proc/${each}/net/${table}`).split('\n').slice(1)) {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
        if (state === LISTEN && sockets.has(inode)) found.add(addressText(local));
      }
    }
  }
  return [...found];
}
