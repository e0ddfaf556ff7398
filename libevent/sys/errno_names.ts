import { constants } from 'node:os';

const nameByNumber = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) nameByNumber.set(number, name);
// Linux gives these numbers two names each; these are the ones its man pages use for sockets.
nameByNumber.set(constants.errno.EAGAIN, 'EAGAIN');
nameByNumber.set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP');

/**
 * The C name of an error number, as strerrorname_np(3) gives it.
 *
 * @param errnum - a positive error number
 * @returns a name such as "EADDRINUSE", or "E" and the number if it has none
 */
export function errnoName(errnum: number): string {
  return nameByNumber.get(errnum) ?? `E${String(errnum)}`;
}
