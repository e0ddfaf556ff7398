import type { EventBase } from '../event/event_base.ts';

/** Why a direction is suspended though it is enabled: the input is at its high watermark. */
export const SUSPEND_WATERMARK = 0x01;
/** Its own rate limit is used up. */
export const SUSPEND_BANDWIDTH = 0x02;
/** The rate limit of its group is used up. */
export const SUSPEND_BANDWIDTH_GROUP = 0x04;
/** The filter above does not read. */
export const SUSPEND_FILTER = 0x08;

/**
 * What can be kept from reading or writing though it is enabled: a bufferevent, as what limits its
 * rate sees it.
 *
 * @internal
 */
export interface Suspendable {
  readonly base: EventBase;
  readonly freed: boolean;
  /** Stops reading until every reason to, SUSPEND_ flags, is gone. */
  suspendRead(why: number): void;
  unsuspendRead(why: number): void;
  /** Stops writing until every reason to, SUSPEND_ flags, is gone. */
  suspendWrite(why: number): void;
  unsuspendWrite(why: number): void;
}
