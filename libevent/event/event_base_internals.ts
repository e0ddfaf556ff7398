import type { AfterCallbacks } from '../core/after_callbacks.ts';
import { DescriptorCloser } from '../core/descriptor_closer.ts';
import { usedAfterFree } from '../core/errors.ts';
import type { EventRecord } from '../core/event_record.ts';
import type { EventLoop } from '../core/loop.ts';
import type { EventRegistry } from '../core/registry.ts';
import { ChainPool } from '../memory/chain_pool.ts';

/** The most memory that is kept for the bufferevents of a base while none of them needs it: 1 MiB. */
const MOST_KEPT = 2 ** 20;

/**
 * What events, bufferevents and listeners want of their base.
 *
 * @internal
 */
export abstract class EventBaseInternals {
  /** @internal Memory that the bufferevents of the base take turns to use. */
  readonly chainPool = new ChainPool(MOST_KEPT);
  protected readonly core: EventRegistry;
  protected readonly eventLoop: EventLoop;
  protected freed = false;

  constructor(core: EventRegistry, eventLoop: EventLoop) {
    this.core = core;
    this.eventLoop = eventLoop;
  }

  /** @internal Work to be done as soon as the callback that runs now returns. */
  get afterCallbacks(): AfterCallbacks {
    return this.eventLoop.afterCallbacks;
  }

  /** @internal Whether it was freed. */
  isFreed(): boolean {
    return this.freed;
  }

  /** @internal Whether its loop is running, so that now is in a callback. */
  isRunning(): boolean {
    return this.eventLoop.isRunning;
  }

  /**
   * @internal Adds an event.
   * @param timeout - milliseconds, or -1 for none or the one it has
   */
  addEvent(event: EventRecord, timeout: number): number {
    return this.checked().add(event, timeout);
  }

  /** @internal Deletes an event, wherever it is. */
  deleteEvent(event: EventRecord): number {
    return this.core.delete(event);
  }

  /** @internal Has an event wait for no time any more. */
  removeTimer(event: EventRecord): void {
    this.core.removeTimer(event);
  }

  /** @internal Makes an event run in this pass. */
  activate(event: EventRecord, result: number, ncalls = 1): void {
    this.checked().activate(event, result, ncalls);
  }

  /** @internal Makes an event run in the next pass, so that what else is ready is not starved. */
  activateLater(event: EventRecord, result: number): void {
    this.checked().activateLater(event, result);
  }

  /** @internal Closes a descriptor when the loop next runs, or with the base. */
  closeInLoop(fd: number): void {
    const closer = new DescriptorCloser(fd);
    closer.priority = this.checked().queues.priorities >> 1;
    this.core.activate(closer, 0);
  }

  /** @internal Something keeps the loop running without an event. */
  addVirtual(): void {
    this.checked().counts.virtual.up();
  }

  /** @internal It does so no longer. */
  delVirtual(): void {
    this.checked().counts.virtual.down();
  }

  /** The events, if the base was not freed. */
  protected checked(): EventRegistry {
    if (this.freed) throw usedAfterFree('EventBase');
    return this.core;
  }
}
