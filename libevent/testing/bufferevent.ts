import { Bufferevent } from '../bufferevent/bufferevent.ts';
import type { BuffereventFlushMode } from '../bufferevent/constants.ts';
import type { EventBase } from '../event/event_base.ts';
import { errno } from '../sys/errno.ts';

/** Has a bufferevent note what it is called for. */
export function watch(bev: Bufferevent, log: string[] = [], name = ''): string[] {
  const prefix = name === '' ? '' : `${name} `;
  bev.setCb(
    (self) => log.push(`${prefix}read ${String(self.getInput().getLength())}`),
    (self) => log.push(`${prefix}write ${String(self.getOutput().getLength())}`),
    (_self, what) => log.push(`${prefix}event 0x${what.toString(16)}`),
    null,
  );
  return log;
}

/** A bufferevent on a descriptor that notes what it is called for. */
export function watched(base: EventBase, fd: number, options = 0): [Bufferevent, string[]] {
  const bev = Bufferevent.socketNew(base, fd, options);
  return [bev, watch(bev)];
}

/** Has a bufferevent note its events, each followed by the errno it was called with. */
export function noteEvents(bev: Bufferevent): number[] {
  const calls: number[] = [];
  bev.setCb(null, null, (_bev, what) => calls.push(what, errno()), null);
  return calls;
}

/** What the mode of a flush is called. */
export const FLUSH_MODES: readonly [string, BuffereventFlushMode][] = [
  ['BEV_NORMAL', 0],
  ['BEV_FLUSH', 1],
  ['BEV_FINISHED', 2],
];
