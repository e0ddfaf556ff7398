import { ProvidedChains } from '../memory/provided_chains.ts';
import { beforeFork } from '../sys/before_fork.ts';
import { EEXIST, EINTR, ETIME, ECANCELED, errno, setErrno } from '../sys/errno.ts';
import { IoVector } from '../sys/iovec.ts';
import { CQE_F_MORE, Uring } from '../sys/uring.ts';
import { SystemError } from './errors.ts';

/** How many operations are handed on by one call, and how many completions can wait. */
const OPERATIONS = 1024;
const COMPLETIONS = 8192;
/** Buffers for what most connections receive, and for those that receive much. */
const SMALL = { group: 0, count: 1024, size: 4096 };
const LARGE = { group: 1, count: 64, size: 65536, most: 16 };
/** The tag of an operation that nobody waits for. */
const NOBODY = 0;
/** How often a pass may go on with what has begun anew, or has work left, before others have a turn. */
const ROUNDS = 64;

/**
 * Something that the kernel does for somebody: one operation at a time, of which it tells once or
 * several times. What is wanted may change as often as it likes between two turns of the kernel's:
 * `prepare()` is called once before the next.
 *
 * @internal
 */
export abstract class Operation {
  /** What the kernel knows it by while it is under way; 0 while it is not. */
  tag = NOBODY;
  /** Whether it was cancelled; whoever sees it end sets this back. */
  isCancelled = false;
  /** Whether it is going to be prepared. */
  isTouched = false;

  /** Begins, or cancels, what is to be. */
  abstract prepare(): void;
  /** Goes on after {@link Completions.resume}. */
  resumed(): void {}
  /**
   * Takes note of what came of it. `tag` is 0 already if this was the last of it. No callback may be
   * called from here but those of memory that is given back.
   */
  abstract completed(result: number, flags: number): void;
}

/**
 * What is under way in the ring of a base.
 *
 * @internal
 */
export class Completions {
  /** Buffers for most. */
  readonly small = new ProvidedChains(SMALL.group, SMALL.count, SMALL.size);
  #large: ProvidedChains | null = null;
  readonly #operations: (Operation | null)[] = [null];
  readonly #freeTags: number[] = [];
  #touched: Operation[] = [];
  #preparing: Operation[] = [];
  /** Those that are touched when the next turn begins. */
  readonly #next: Operation[] = [];
  /** Those that go on when what the next turn brings is known. */
  #resuming: Operation[] = [];
  readonly #vectors: IoVector[] = [];
  #vectorsUsed = 0;
  #uring: Uring;
  #pid = process.pid;
  #isClosed = false;

  readonly #forgetFork: () => void;

  private constructor(uring: Uring) {
    this.#uring = uring;
    // The kernel wakes one process for a connection, and sends what it was handed on for whoever did
    // that. So nothing is under way when the process is copied; the parent begins anew in its next turn.
    this.#forgetFork = beforeFork(() => {
      if (!this.#isClosed && !this.#isElsewhere()) this.#endEach();
    });
  }

  /** Makes a ring. Returns null and leaves errno if there can be none. */
  static open(): Completions | null {
    const uring = Uring.open(OPERATIONS, COMPLETIONS);
    if (uring === null) return null;
    const completions = new Completions(uring);
    if (completions.small.register(uring) === 0) return completions;
    const error = errno();
    completions.close();
    setErrno(error);
    return null;
  }

  /** The ring, for operations to be put in by `prepare()`. */
  get uring(): Uring {
    return this.#uring;
  }

  /** Buffers for who receives much; null if there is no memory for any. */
  get large(): ProvidedChains | null {
    if (this.#large !== null) return this.#large;
    const large = new ProvidedChains(LARGE.group, LARGE.count, LARGE.size, LARGE.most);
    if (large.register(this.#uring) < 0) return null;
    this.#large = large;
    return large;
  }

  /** A vector that is free until the operations are handed on. */
  vector(): IoVector {
    const index = this.#vectorsUsed++;
    const vector = (this.#vectors[index] ??= new IoVector());
    vector.clear();
    return vector;
  }

  /** Has an operation prepared before the next turn of the kernel's. */
  touch(operation: Operation): void {
    if (operation.isTouched) return;
    operation.isTouched = true;
    this.#touched.push(operation);
  }

  /** The same, but not before the next pass of the loop. */
  touchLater(operation: Operation): void {
    this.#next.push(operation);
  }

  /** Has an operation go on in the next pass, after those of which the kernel tells in it. */
  resume(operation: Operation): void {
    this.#resuming.push(operation);
  }

  /** The tag for an operation that begins. */
  begin(operation: Operation): number {
    const tag = this.#freeTags.pop() ?? this.#operations.length;
    this.#operations[tag] = operation;
    operation.tag = tag;
    return tag;
  }

  /** Cancels an operation that is under way; that it has ended is told as anything else is. */
  cancel(operation: Operation): void {
    if (operation.tag === NOBODY || operation.isCancelled) return;
    operation.isCancelled = true;
    this.#uring.cancel(operation.tag);
  }

  /** Cancels an operation and waits for its end. */
  end(operation: Operation): void {
    if (operation.tag === NOBODY) return;
    if (this.#isElsewhere()) {
      this.#lose(operation);
      return;
    }
    this.cancel(operation);
    while (this.#isUnderWay(operation)) this.#awaitAny();
  }

  /**
   * Hands all on that is to begin, and waits until something has ended.
   *
   * @param timeout - milliseconds, 0 not to wait, -1 for as long as it takes
   * @returns 0, or -1 and leaves errno
   * @throws Error in another process than the one that made the ring
   */
  turn(timeout: number): number {
    this.#check();
    let left = this.#resuming.length > 0 ? 0 : timeout;
    for (const operation of this.#next) this.touch(operation);
    this.#next.length = 0;
    for (let round = 0; round < ROUNDS; round++) {
      this.#prepare();
      const uring = this.#uring;
      const isIdle = left === 0 && uring.pending === 0 && !uring.hasWork;
      if (isIdle && uring.ready === 0) break;
      if (!isIdle && this.#enter(left === 0 || uring.ready > 0 ? 0 : 1, left) < 0) return -1;
      this.#reap();
      // What has ended may begin anew at once. Whoever waits goes on with what has come first.
      const isMore = timeout === 0 && uring.hasWork;
      if (this.#touched.length === 0 && !isMore) break;
      left = 0;
    }
    if (this.#resuming.length > 0) this.#resumeAll();
    return 0;
  }

  /**
   * Hands all on that is to begin, so that nothing lies about when nobody takes turns any more.
   *
   * @returns 0, or -1 and leaves errno
   */
  submit(): number {
    if (this.#touched.length === 0 || this.#isElsewhere()) return 0;
    this.#prepare();
    if (this.#uring.submit() < 0) return -1;
    if (this.#uring.pending === 0) this.#vectorsUsed = 0;
    return 0;
  }

  /**
   * Goes on with another ring: one of its own in a process that fork(2) has made, whose parent goes on
   * with this one.
   *
   * @throws SystemError if there can be none
   */
  renew(): void {
    const uring = Uring.open(OPERATIONS, COMPLETIONS);
    if (uring === null) throw new SystemError('io_uring_setup');
    this.#endAll();
    this.#uring = uring;
    this.#pid = process.pid;
    this.#isClosed = false;
    if (this.small.register(uring) < 0) throw new SystemError('io_uring_register');
    if (this.#large !== null && this.#large.register(uring) < 0) this.#large = null;
  }

  /** Cancels all that is under way, waits for that, and gives the ring back. */
  close(): void {
    if (!this.#isClosed) this.#endAll();
    this.#forgetFork();
  }

  #endAll(): void {
    this.#isClosed = true;
    if (this.#isElsewhere()) {
      for (const operation of [...this.#operations]) if (operation !== null) this.#lose(operation);
    } else {
      this.#endEach();
    }
    this.small.unregister();
    this.#large?.unregister();
    this.#uring.free();
  }

  /** Cancels all that is under way, and waits for that. */
  #endEach(): void {
    let isAny = false;
    for (const operation of this.#operations) {
      if (operation === null) continue;
      operation.isCancelled = true;
      isAny = true;
    }
    if (isAny) this.#uring.cancelAll();
    while (this.#operations.some((operation) => operation !== null)) this.#awaitAny();
  }

  #prepare(): void {
    if (this.#touched.length === 0) {
      this.#publish();
      return;
    }
    const all = this.#touched;
    this.#touched = this.#preparing;
    this.#preparing = all;
    for (const operation of all) {
      operation.isTouched = false;
      operation.prepare();
    }
    all.length = 0;
    this.#publish();
  }

  #resumeAll(): void {
    const all = this.#resuming;
    this.#resuming = [];
    for (const operation of all) operation.resumed();
  }

  #publish(): void {
    this.small.publish();
    this.#large?.publish();
  }

  #awaitAny(): void {
    if (this.#enter(1, -1) < 0) throw new SystemError('io_uring_enter');
    this.#reap();
  }

  /** A signal, or that the time is up, is no failure. */
  #enter(least: number, timeout: number): number {
    const result = this.#uring.enter(least, timeout);
    if (this.#uring.pending === 0) this.#vectorsUsed = 0;
    if (result >= 0) return 0;
    const error = errno();
    return error === EINTR || error === ETIME ? 0 : -1;
  }

  /**
   * Tells of everything that has ended. What is sent gives back memory, whose owner may call the
   * program, which may end another operation: each completion is out before it is told of.
   */
  #reap(): void {
    const uring = this.#uring;
    while (uring.take()) {
      const operation = this.#operations[uring.tag] ?? null;
      if (operation === null) continue;
      const { flags } = uring;
      if ((flags & CQE_F_MORE) === 0) this.#forget(operation);
      operation.completed(uring.result, flags);
    }
  }

  #forget(operation: Operation): void {
    this.#operations[operation.tag] = null;
    this.#freeTags.push(operation.tag);
    operation.tag = NOBODY;
  }

  /** The kernel tells the parent what becomes of it. */
  #lose(operation: Operation): void {
    this.#forget(operation);
    operation.isCancelled = true;
    operation.completed(-ECANCELED, 0);
  }

  #isUnderWay(operation: Operation): boolean {
    return operation.tag !== NOBODY;
  }

  #isElsewhere(): boolean {
    return process.pid !== this.#pid;
  }

  #check(): void {
    if (!this.#isElsewhere()) return;
    setErrno(EEXIST);
    throw new Error(
      'the io_uring of this event base is the parent’s: call reinit() in the child before its loop',
    );
  }
}
