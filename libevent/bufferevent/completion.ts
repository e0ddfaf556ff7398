import type { Evbuffer } from '../buffer/evbuffer.ts';
import type { Completions } from '../core/completions.ts';
import { EV_READ, EV_WRITE } from '../core/flags.ts';
import { milliseconds } from '../event/event.ts';
import type { Event } from '../event/event.ts';
import { ENOTSOCK, errno } from '../sys/errno.ts';
import { awaitsConnection } from './connecting_socket.ts';
import {
  BEV_EVENT_EOF,
  BEV_EVENT_ERROR,
  BEV_EVENT_READING,
  BEV_EVENT_WRITING,
} from './constants.ts';
import { Reception } from './reception.ts';
import { SocketOps } from './socket.ts';
import { MAX_SINGLE_DEFAULT } from './state.ts';
import type { BuffereventState } from './state.ts';
import { Transmission } from './transmission.ts';

/**
 * Carries the bytes of a bufferevent by operations that the kernel carries out: libevent's
 * `bufferevent_async`. Its events wait as those of any socket do, but it's an operation that
 * activates them, and what it has moved is taken note of when they run.
 *
 * What has to know how much it may move before it moves it, for a watermark or a rate limit, waits
 * for readiness instead; so does what no operation is for: connecting, a pipe, a file in the output.
 *
 * @internal
 */
export class CompletionOps extends SocketOps {
  /** Those of the base; null after it went to a base without. */
  completions: Completions | null;
  readonly #reception: Reception;
  #transmission: Transmission | null = null;
  /** Whether there is something to send that no other way sends: it keeps the loop running. */
  #sends = false;

  constructor(state: BuffereventState, fd: number, completions: Completions) {
    super(state, fd);
    this.completions = completions;
    this.#reception = new Reception(this, state.base.chainPool);
  }

  /** For its operations. */
  get descriptor(): number {
    return this.fd;
  }

  /** For its operations. */
  get receives(): boolean {
    return this.readEvent.isElsewhere;
  }

  /** For its operations. */
  get sends(): boolean {
    return this.#sends;
  }

  /** For its operations. */
  get outgoing(): Evbuffer {
    return this.state.output;
  }

  /** For its operations. */
  get mostToSend(): number {
    return this.state.writeMax();
  }

  /** For its operations: something has come. */
  received(): void {
    if (this.readEvent.inserted) this.state.base.activate(this.readEvent, EV_READ);
  }

  /** For its operations: something has gone. */
  sent(): void {
    const { state } = this;
    const transmission = this.#transmission;
    // What has gone when the base is freed is drained where the bufferevent goes on: with another base.
    if (transmission === null || state.base.isFreed()) return;
    // Where nobody wants to hear of it, no event has to run for it.
    const isQuiet = !state.wantsWrite && state.rateLimit === null && state.above === null;
    if (isQuiet && !transmission.hasFailed && !state.output.hasCallbacks) {
      state.output.drainSent(transmission.takeCount());
      this.#goOn();
      return;
    }
    this.writeEvent ??= this.makeEvent(EV_WRITE);
    state.base.activate(this.writeEvent, EV_WRITE);
  }

  /** For its operations: what is next waits for readiness, and sendfile(2). */
  sendFile(): void {
    this.#sendWhenReady();
  }

  override disable(what: number): number {
    if ((what & EV_WRITE) !== 0) {
      this.#drainSent();
      this.#stopSending();
    }
    const result = super.disable(what);
    if ((what & EV_READ) !== 0 && this.#reception.tag !== 0) this.#touch(this.#reception);
    return result;
  }

  override timeoutsChanged(): void {
    super.timeoutsChanged();
    if (this.#sends) this.#timeSending();
  }

  override limitsChanged(): void {
    const { readEvent } = this;
    if (!readEvent.inserted || readEvent.isElsewhere === this.#receivesByOperation()) return;
    if (this.addRead() < 0) this.fail(EV_READ, BEV_EVENT_READING | BEV_EVENT_ERROR, errno());
  }

  override setFd(fd: number): number {
    this.#endAll();
    this.#reception.reset();
    return super.setFd(fd);
  }

  override setBase(): number {
    const { completions } = this;
    const wasSending = this.#sends;
    this.#endAll();
    this.#stopSending(this.readEvent.getBase());
    this.completions = this.state.base.completions;
    const result = super.setBase();
    if (result < 0) this.completions = completions;
    return wasSending && result === 0 ? this.startSending() : result;
  }

  override free(): void {
    // From now on nothing may take bytes of the descriptor, nor keep what it is open.
    this.#endAll();
    this.#reception.reset();
    this.#stopSending();
    super.free();
  }

  protected override addRead(): number {
    const { readEvent, state } = this;
    const isPending = this.#reception.isPending;
    if (this.#receivesByOperation()) {
      if (readEvent.inserted && !readEvent.isElsewhere) readEvent.del();
      this.#addElsewhere(readEvent, state.settings.readTimeout);
      if (!isPending) this.#touch(this.#reception);
    } else {
      this.#leaveElsewhere();
      if (super.addRead() < 0) return -1;
    }
    if (isPending) state.base.activate(readEvent, EV_READ);
    return 0;
  }

  protected override startSending(): number {
    if (!this.#sendsByOperation()) return super.startSending();
    const { state } = this;
    if (this.fd < 0 || !state.isWriting || this.isConnecting) return 0;
    // It waits for readiness, and sends when there is some.
    if (!this.#sends && this.writeEvent?.inserted === true) return 0;
    if (!this.#sends) {
      this.#sends = true;
      state.base.addVirtual();
      if (state.settings.writeTimeout > 0) this.#timeSending();
    }
    this.#touch((this.#transmission ??= new Transmission(this)));
    return 0;
  }

  protected override maySend(): boolean {
    return !this.#sends && super.maySend() && !this.#isSending;
  }

  protected override receive(): void {
    if (this.readEvent.isElsewhere || this.#reception.isPending) this.#deliver();
    // One that was cancelled has yet to end. The descriptor stays ready until then.
    else if (this.#reception.tag === 0) super.receive();
  }

  protected override writable(): void {
    if (this.#transmission?.isPending === true) this.#report();
    else if (!this.#isSending) super.writable();
  }

  protected override connected(): void {
    if (this.readEvent.inserted) this.limitsChanged();
  }

  protected override replaceEvents(fd: number): void {
    this.#endAll();
    super.replaceEvents(fd);
  }

  /** Whether an operation sends, or has sent what is still in the output. */
  get #isSending(): boolean {
    const transmission = this.#transmission;
    return transmission !== null && (transmission.tag !== 0 || transmission.isPending);
  }

  /** Whether bytes may come in without being asked for how many. */
  #receivesByOperation(): boolean {
    const { state } = this;
    return (
      this.completions !== null &&
      this.isSocket &&
      !this.isConnecting &&
      state.settings.readHigh === 0 &&
      state.rateLimit === null &&
      state.settings.maxSingleRead >= MAX_SINGLE_DEFAULT
    );
  }

  #sendsByOperation(): boolean {
    return this.completions !== null && this.isSocket && this.state.rateLimit === null;
  }

  /** Hands on what has come: bytes, or when there are none left, the end. */
  #deliver(): void {
    const { state } = this;
    const reception = this.#reception;
    const most = state.mostToRead();
    if (most <= 0 || !state.isReading) {
      state.checkFullness();
      return;
    }
    const count = reception.take(state.input, most);
    if (count === 0) {
      this.#deliverEnd(reception.takeEnd());
      return;
    }
    state.rateLimit?.countRead(count);
    state.reportRead();
    if (state.freed) return;
    if (state.settings.readHigh > 0) state.checkFullness();
    if (!this.readEvent.inserted) return;
    if (reception.isPending) this.completions?.resume(reception);
    else if (reception.tag === 0) this.#touch(reception);
  }

  #deliverEnd(error: number): void {
    if (error < 0) return;
    if (error === 0) {
      this.fail(EV_READ, BEV_EVENT_READING | BEV_EVENT_EOF, 0);
    } else if (error === ENOTSOCK && this.isSocket) {
      this.isSocket = false;
      if (this.addRead() < 0) this.fail(EV_READ, BEV_EVENT_READING | BEV_EVENT_ERROR, errno());
    } else if (awaitsConnection(this.fd, error)) {
      // Nothing has failed: connect() goes on from here.
      this.readEvent.del();
    } else {
      this.fail(EV_READ, BEV_EVENT_READING | BEV_EVENT_ERROR, error);
    }
  }

  /** Takes note of what has gone, or that it has failed. */
  #report(): void {
    const { state } = this;
    const error = this.#transmission?.takeError() ?? 0;
    const count = this.#drainSent();
    if (state.freed) return;
    if (error !== 0) {
      this.#sendingFailed(error);
      return;
    }
    this.#goOn();
    if (count > 0 && (state.enabled & EV_WRITE) !== 0) state.reportWritten();
  }

  /** Sends what is left, in the next pass. */
  #goOn(): void {
    const transmission = this.#transmission;
    if (this.state.outputLength === 0) this.#stopSending();
    else if (!this.#sendsByOperation()) this.#sendWhenReady();
    else if (this.#sends && transmission !== null) this.completions?.touchLater(transmission);
  }

  #sendingFailed(error: number): void {
    if (error === ENOTSOCK && this.isSocket) {
      this.isSocket = false;
      this.#sendWhenReady();
    } else {
      this.fail(EV_WRITE, BEV_EVENT_WRITING | BEV_EVENT_ERROR, error);
    }
  }

  #sendWhenReady(): void {
    this.#stopSending();
    if (this.state.isWriting && this.addWrite() < 0) this.failLater(errno());
  }

  /** What is under way is cancelled. */
  #stopSending(base = this.state.base): void {
    if (!this.#sends) return;
    this.#sends = false;
    if (!base.isFreed()) base.delVirtual();
    if (this.writeEvent?.isElsewhere === true) this.writeEvent.del();
    if (this.#transmission !== null && this.#transmission.tag !== 0)
      this.#touch(this.#transmission);
  }

  /** Has what is not sent in time told of. */
  #timeSending(): void {
    this.writeEvent ??= this.makeEvent(EV_WRITE);
    this.#addElsewhere(this.writeEvent, this.state.settings.writeTimeout);
    if (this.state.settings.writeTimeout === 0) this.writeEvent.removeTimer();
  }

  /** Drains what an operation has sent. Returns how much. */
  #drainSent(): number {
    const { state } = this;
    const count = this.#transmission?.takeCount() ?? 0;
    if (count === 0) return 0;
    state.output.drainSent(count);
    if (state.freed) return count;
    state.rateLimit?.countWritten(count);
    state.above?.underneathChanged(true);
    return count;
  }

  /** Ends what is under way, and waits for that. */
  #endAll(): void {
    const { completions } = this;
    if (completions === null) return;
    completions.end(this.#reception);
    if (this.#transmission === null) return;
    completions.end(this.#transmission);
    if (!this.state.freed) this.#drainSent();
  }

  #addElsewhere(event: Event<SocketOps>, timeout: number): void {
    this.state.base.addElsewhere(event, timeout > 0 ? milliseconds(timeout) : -1);
  }

  /** Has the read event wait for no operation any more. */
  #leaveElsewhere(): void {
    if (!this.readEvent.isElsewhere) return;
    this.readEvent.del();
    this.#touch(this.#reception);
  }

  #touch(operation: Reception | Transmission): void {
    this.completions?.touch(operation);
  }
}
