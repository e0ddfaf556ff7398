import {
  EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST,
  EVENT_BASE_FLAG_IGNORE_ENV,
  EVENT_BASE_FLAG_STARTUP_IOCP,
} from '../core/config.ts';
import type { EventConfig } from '../core/config.ts';
import { SystemError } from '../core/errors.ts';
import type { Eventop } from '../core/eventop.ts';
import { eventMsg } from '../core/log.ts';
import { ENOSYS, errno, strerror } from '../sys/errno.ts';
import { epollops } from './epoll.ts';
import { epollChangelistOps } from './epoll_changelist.ts';
import { URING, uringops } from './io_uring.ts';
import { pollops } from './poll.ts';
import { selectops } from './select.ts';

/** The backends, the fastest first. */
const eventops: readonly Eventop[] = [epollops, pollops, selectops];

/**
 * The names of the backends, the fastest first.
 *
 * @internal
 */
export function supportedMethods(): string[] {
  return eventops.map((ops) => ops.name);
}

/**
 * Chooses the fastest backend that a configuration and the environment leave.
 *
 * @internal
 * @param environment - `EVENT_NOEPOLL`, `EVENT_NOPOLL` and `EVENT_NOSELECT` exclude one each, if
 *   they are there at all; `EVENT_EPOLL_USE_CHANGELIST` does what the flag of that name does, and
 *   `EVENT_COMPLETION=1` what EVENT_BASE_FLAG_STARTUP_IOCP does
 * @throws SystemError with code `ENOSYS` if none is left
 */
export function chooseMethod(config: EventConfig | null, environment: NodeJS.ProcessEnv): Eventop {
  const flags = config?.flags ?? 0;
  const features = config?.features ?? 0;
  const looksAround = (flags & EVENT_BASE_FLAG_IGNORE_ENV) === 0;
  for (const ops of eventops) {
    if (config?.avoids(ops.name) === true || (ops.features & features) !== features) continue;
    if (looksAround && environment[`EVENT_NO${ops.name.toUpperCase()}`] !== undefined) continue;
    const hasList =
      (flags & EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) !== 0 ||
      (looksAround && environment['EVENT_EPOLL_USE_CHANGELIST'] !== undefined);
    const completes =
      (flags & EVENT_BASE_FLAG_STARTUP_IOCP) !== 0 ||
      (looksAround && environment['EVENT_COMPLETION'] === '1');
    if (ops !== epollops) {
      if (completes) eventMsg(`no completion by io_uring, but ${ops.name}: that needs epoll`);
      return ops;
    }
    if (completes && config?.avoids(URING) !== true) {
      const uring = uringops();
      if (uring !== null) return uring;
      eventMsg(`no completion by io_uring, but ${ops.name}: ${strerror(errno())}`);
    }
    return hasList ? epollChangelistOps : ops;
  }
  throw new SystemError('event_base_new', undefined, ENOSYS);
}
