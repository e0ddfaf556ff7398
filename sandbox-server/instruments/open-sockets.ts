/** Which sockets processes have, and by which descriptors: proc_pid_fd(5). */
import { readdirSync, readlinkSync } from 'node:fs';

/** A descriptor that is a socket. */
export interface OpenSocket {
  readonly fd: number;
  readonly inode: number;
}

/**
 * The sockets of a process.
 * @param most no more descriptors than so many are looked at: a program decides how many it has
 * @returns what was found, and how many looks it took
 */
export function openSockets(pid: number, most: number): { sockets: OpenSocket[]; looks: number } {
  const folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(folder).slice(0, Math.max(0, most));
  } catch {
    // It has ended, or is not ours to look at.
    return { sockets: [], looks: 0 };
  }
  const sockets = names.flatMap((name) => {
    const inode = inodeAt(`${folder}/${name}`);
    return inode === undefined ? [] : [{ fd: Number(name), inode }];
  });
  return { sockets, looks: names.length };
}

/** The inode of the socket that a descriptor is, if it is one. */
function inodeAt(link: string): number | undefined {
  try {
    const digits = /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    // It was closed meanwhile.
    return undefined;
  }
}
