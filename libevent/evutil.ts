import { errno, strerror } from './sys/errno.ts';
import { gai_strerror } from './sys/netdb.ts';

/**
 * Why the last call on a socket failed, as a positive error number: libevent's
 * `EVUTIL_SOCKET_ERROR()`, which on Linux is errno(3). In an error or event callback it is the
 * reason of what the callback is told.
 */
export function EVUTIL_SOCKET_ERROR(): number {
  return errno();
}

/**
 * The words for an error number, such as "Address already in use": libevent's
 * `evutil_socket_error_to_string()`.
 *
 * @param error - a positive error number
 */
export function evutilSocketErrorToString(error: number): string {
  return strerror(error);
}

/**
 * The words for what `Bufferevent.getDnsError()` says, such as "Name or service not known":
 * libevent's `evutil_gai_strerror()`, gai_strerror(3).
 *
 * @param error - an `EAI_` number of `libevent-ts/sys`
 */
export function evutilGaiStrerror(error: number): string {
  return gai_strerror(error);
}
