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

const tcgetattr: (fd: number, settings: Uint32Array) => number = libc.func(
  'int tcgetattr(int fd, _Out_ uint32_t *termios_p)',
);
const tcsetattr: (fd: number, when: number, settings: Uint32Array) => number = libc.func(
  'int tcsetattr(int fd, int optional_actions, const uint32_t *termios_p)',
);

/** struct termios of termios(3), in 32-bit words, and which of them are the input and local flags. */
const TERMIOS_WORDS = 15;
const INPUT_FLAGS = 0;
const LOCAL_FLAGS = 3;
const TCSANOW = 0;
/** Ctrl-S stops all output until Ctrl-Q. */
const IXON = 0o2000;
/** Erasing takes a whole character of UTF-8, not a byte. */
const IUTF8 = 0o40000;
/** The terminal edits lines and hands them on whole. */
const ICANON = 0o2;
/** It shows what is typed. */
const ECHO = 0o10;

/**
 * Who edits the line that is being typed, and shows it: the terminal, or the process, which then gets
 * keys as they come. Ctrl-C and Ctrl-\ are signals either way.
 */
export type LineEditing = 'by-terminal' | 'by-process';

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
export function openPty(
  size: TerminalSize,
  owner?: number,
  editing: LineEditing = 'by-terminal',
): Pty {
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
      setUpKeys(master, editing);
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

/** Makes keys do what they do elsewhere today; a new pseudoterminal is set up as in 1980. */
function setUpKeys(master: number, editing: LineEditing): void {
  const settings = new Uint32Array(TERMIOS_WORDS);
  check(tcgetattr(master, settings), 'tcgetattr');
  const { [INPUT_FLAGS]: input = 0, [LOCAL_FLAGS]: local = 0 } = settings;
  settings[INPUT_FLAGS] = (input & ~IXON) | IUTF8;
  if (editing === 'by-process') settings[LOCAL_FLAGS] = local & ~(ICANON | ECHO);
  check(tcsetattr(master, TCSANOW, settings), 'tcsetattr');
}

/** Tells the terminal, and by SIGWINCH its processes, the size: TIOCSWINSZ in ioctl_tty(2). */
export function resizePty(master: number, size: TerminalSize): void {
  const winsize = new Uint16Array([size.rows, size.cols, 0, 0]);
  check(ioctl(master, TIOCSWINSZ, 'uint16_t *', winsize), 'ioctl(TIOCSWINSZ)');
}
