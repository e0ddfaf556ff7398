import { getSystemErrorMap } from 'node:util';
import { formatAddress } from '../sys/address.ts';
import type { SocketAddress } from '../sys/address.ts';
import { errno, errnoName, strerror } from '../sys/errno.ts';

const messages = getSystemErrorMap();

/**
 * A system call that failed, in the form of Node's own errors: its message reads
 * "bind EADDRINUSE: address already in use 127.0.0.1:9876".
 */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** The name of the error number, such as "EADDRINUSE". */
  readonly code: string;
  /** The error number, negative as in Node's own errors. */
  readonly errno: number;
  /** The call that failed, such as "bind". */
  readonly syscall: string;
  /** The address, or the path, that the call was about, if it was about one. */
  declare readonly address?: string;
  /** The port that the call was about, if it was about one. */
  declare readonly port?: number;

  /**
   * @param syscall - the name of the call that failed
   * @param address - the address the call was about
   * @param number - the positive error number; what errno says now if it is left out
   */
  constructor(syscall: string, address?: SocketAddress, number = errno()) {
    const code = errnoName(number);
    const text = messages.get(-number)?.[1] ?? strerror(number);
    const where = address === undefined ? '' : ` ${formatAddress(address)}`;
    super(`${syscall} ${code}: ${text}${where}`);
    this.code = code;
    this.errno = -number;
    this.syscall = syscall;
    if (address === undefined) return;
    this.address = address.family === 'Unix' ? address.path : address.address;
    if (address.family !== 'Unix') this.port = address.port;
  }
}

/**
 * The error for an object that is used after its `free()`.
 *
 * @param name - the name of its class
 */
export function usedAfterFree(name: string): Error {
  return new Error(`${name} used after free()`);
}
