import { constants } from 'node:os';
import koffi from 'koffi';
import { libc } from './libc.ts';

export { errnoName } from './errno_names.ts';

/** The error numbers of errno(3), under their C names. */
export const {
  E2BIG,
  EACCES,
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  EALREADY,
  EBADF,
  EBADMSG,
  EBUSY,
  ECANCELED,
  ECHILD,
  ECONNABORTED,
  ECONNREFUSED,
  ECONNRESET,
  EDEADLK,
  EDESTADDRREQ,
  EDOM,
  EDQUOT,
  EEXIST,
  EFAULT,
  EFBIG,
  EHOSTUNREACH,
  EIDRM,
  EILSEQ,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EIO,
  EISCONN,
  EISDIR,
  ELOOP,
  EMFILE,
  EMLINK,
  EMSGSIZE,
  EMULTIHOP,
  ENAMETOOLONG,
  ENETDOWN,
  ENETRESET,
  ENETUNREACH,
  ENFILE,
  ENOBUFS,
  ENODATA,
  ENODEV,
  ENOENT,
  ENOEXEC,
  ENOLCK,
  ENOLINK,
  ENOMEM,
  ENOMSG,
  ENOPROTOOPT,
  ENOSPC,
  ENOSR,
  ENOSTR,
  ENOSYS,
  ENOTCONN,
  ENOTDIR,
  ENOTEMPTY,
  ENOTSOCK,
  ENOTSUP,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  EPIPE,
  EPROTO,
  EPROTONOSUPPORT,
  EPROTOTYPE,
  ERANGE,
  EROFS,
  ESPIPE,
  ESRCH,
  ESTALE,
  ETIME,
  ETIMEDOUT,
  ETXTBSY,
  EWOULDBLOCK,
  EXDEV,
} = constants.errno;

const strerrorNative: (errnum: number) => string = libc.func('str strerror(int errnum)');

/**
 * Why the last system call of this module failed: errno(3). It means something only right after a
 * call that returned -1, for the next call may change it.
 *
 * @returns a positive error number, such as `EADDRINUSE`
 */
export function errno(): number {
  return koffi.errno();
}

/**
 * Puts a value in errno(3), so that a callback finds the number of the failure it is told of though
 * other calls were made in between.
 *
 * @param number - a positive error number, or 0
 */
export function setErrno(number: number): void {
  koffi.errno(number);
}

/**
 * The C library's words for an error number: strerror(3), such as "Address already in use".
 *
 * @param errnum - a positive error number
 */
export function strerror(errnum: number): string {
  return strerrorNative(errnum);
}
