import { errno, strerror } from '../sys/errno.ts';
import { Uring } from '../sys/uring.ts';

/** Why tests on io_uring cannot run here, or false: what `skip` of a test takes. */
export function whyNoUring(): string | false {
  const ring = Uring.open(1, 2);
  if (ring === null) return `io_uring cannot be had here: ${strerror(errno())}`;
  ring.free();
  return false;
}
