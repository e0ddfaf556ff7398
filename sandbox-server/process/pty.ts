/**
 * Pseudoterminals, through libc: pty(7). A library like node-pty does this too, but it hands the
 * child no descriptors beyond the terminal and drops a paused terminal's last output when the child
 * exits.
 */
import { closeSync, openSync, constants, fchownSync } from 'node:fs';
import koffi from 'koffi';
import type { TerminalSize } from '../../protocol/messages.ts';

const libc = koffi.load('libc.so.6');
const posix_openpt: (flags: number) => number = libc.func('int posix_openpt(int flags)');
const grantpt: (fd: number) => number = libc.func('int grantpt(int fd)');
const unlockpt: (fd: number) => number = libc.func('int unlockpt(int fd)');
const ptsname_r: (fd: number, buffer: Uint8Array, length: number) => number = libc.func(
  'int ptsname_r(int fd, _Out_ uint8_t *buf, size_t buflen)',
);
const ioctl: (fd: number, request: number, type: string, argument: Uint16Array) => number =
  libc.func('int ioctl(int fd, unsigned long request, ...)');

/** ioctl_tty(2) */
const TIOCSWINSZ = 0x5414;
const O_CLOEXEC = 0o2000000;

/** Both ends of a pseudoterminal. */
export interface Pty {
  /** The server's end. */
  readonly master: number;
  /** The end that becomes the process's terminal. */
  readonly slave: number;
}

function check(result: number, call: string): void {
  if (result !== 0) throw new Error(`${call} failed with errno ${koffi.errno()}`);
}

/**
 * Opens a pseudoterminal: posix_openpt(3), grantpt(3), unlockpt(3), ptsname(3).
 * @param owner the user id that may open it by name; left as it is when undefined
 * @throws Error when the machine has no pseudoterminal left
 */
export function openPty(size: TerminalSize, owner?: number): Pty {
  // A blocking master would stop the whole server at a program that does not read its input.
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  const master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (master < 0) throw new Error(`posix_openpt failed with errno ${koffi.errno()}`);
  try {
    check(grantpt(master), 'grantpt');
    check(unlockpt(master), 'unlockpt');
    const name = Buffer.alloc(64);
    check(ptsname_r(master, name, name.length), 'ptsname_r');
    const path = name.toString('latin1', 0, name.indexOf(0));
    const slave = openSync(path, O_RDWR | O_NOCTTY);
    try {
      if (owner !== undefined) fchownSync(slave, owner, owner);
      resizePty(master, size);
    } catch (error) {
      closeSync(slave);
      throw error;
    }
    return { master, slave };
  } catch (error) {
    closeSync(master);
    throw error;
  }
}

/** Tells the terminal, and by SIGWINCH its processes, the size: TIOCSWINSZ in ioctl_tty(2). */
export function resizePty(master: number, size: TerminalSize): void {
  const winsize = new Uint16Array([size.rows, size.cols, 0, 0]);
  check(ioctl(master, TIOCSWINSZ, 'uint16_t *', winsize), 'ioctl(TIOCSWINSZ)');
}
