import type { SocketAddress } from '../sys/address.ts';
import type { BuffereventFlushMode } from './constants.ts';

/**
 * What carries a bufferevent's bytes: libevent's `struct bufferevent_ops`. Those that can fail
 * return -1 and, where a system call was the reason, leave errno.
 *
 * @internal
 */
export interface BuffereventOps {
  /** Whether what has left the output has gone, and does not wait underneath. */
  readonly isOutputGone: boolean;
  /** Whether bytes that have left the output wait underneath. */
  readonly hasOutputUnderneath: boolean;
  /** Starts moving bytes, EV_READ, EV_WRITE or both; `state.enabled` has them already. */
  enable(what: number): number;
  /** Stops moving bytes: they were disabled or suspended. */
  disable(what: number): number;
  /** Takes note that the output, which may be written, has got bytes. */
  outputAdded(): void;
  /** Takes note that `state.settings` has other timeouts. */
  timeoutsChanged(): void;
  /** Takes note that how much may be read at once is limited otherwise than before. */
  limitsChanged(): void;
  /** Hands on what is held back. Returns 1 if that moved something, else 0. */
  flush(what: number, mode: BuffereventFlushMode): number;
  /** The descriptor underneath, or -1. */
  getFd(): number;
  /** Uses another descriptor, or none for -1. */
  setFd(fd: number): number;
  /** Moves to another base, which is `state.base` already. */
  setBase(): number;
  /** Sets the priority of the events underneath. */
  setPriority(priority: number): number;
  /** Connects the socket underneath; null if somebody else has begun to. */
  connect(address: SocketAddress | null): number;
  /** Stops for good. */
  free(): void;
}
