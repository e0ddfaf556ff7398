/**
 * One run of a program that is checked: the program from its start to its end, its peers, and what they
 * did, in words. Nothing here judges by the clock alone, since a computer may be busy with something else:
 * what must come is given up when the program has come to rest, or has used so much processor time for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckedProgram, type ProgramCommand } from './checked-program.ts';
import { Peer } from './peer.ts';
import { isRead } from './tcp-queue.ts';
import { Stopwatch, asleep, type Asleep } from './undisturbed.ts';
import { Unmet } from './unmet.ts';
import { counted, peerName, quoted } from './words.ts';

/** From one look at the program to the next, in milliseconds. */
const LOOK = 20;
/** How long none of the program’s threads may have run for it to be at rest, in milliseconds and in looks. */
const REST = { time: 300, looks: 12 };
/** What a program that owes something may do before it is given up. */
const PATIENCE = {
  /** At rest, in milliseconds: it may have a timer. */
  rest: 1000,
  /** Processor time, in milliseconds. */
  ran: 2000,
  /** In milliseconds. Nothing takes as long, on the busiest computer. */
  time: 45_000,
};
/** What a program that has nothing to do may do before it comes to rest. */
const IDLE = {
  /** Processor time, in milliseconds: V8 goes on compiling for a while. */
  ran: 600,
  /** How often it may be given a processor, within so many looks at least. */
  turns: 150,
  looks: 75,
};
/** How the part of a processor that a program takes is measured. */
const PART = {
  /** From one look at it to the next, in milliseconds: few of them find it asleep on a busy computer. */
  look: 5,
  /** For how long it is watched, its waits for a processor left out, in milliseconds. */
  time: 300,
  /** Processor time without having been seen asleep long enough, in milliseconds: it never sleeps. */
  ran: 400,
};
/** How a delay is measured, in milliseconds: from one look to the next, and when it need not be longer. */
const DELAY = { look: 1000, most: 3000 };
/** How long a program may take to print that it is ready, in milliseconds. */
const START_LIMIT = 60_000;
/** Bytes up to which what came is compared as it comes. */
const COMPARED_AT_ONCE = 64 * 1024;
/** How often somebody asks for much in one run: it is memory. */
const MOST_MUCH = 2;
/** Steps that are told; a check that fails has far fewer. */
const MOST_STEPS = 40;

/** What somebody does. */
export type Step =
  | { readonly does: 'connects'; readonly peer: number }
  /** Sends what the check has for it: its answer is more than all buffers on the way can hold. */
  | { readonly does: 'asks for much'; readonly peer: number }
  /** Bytes, characters of Latin-1 one each, in one write. */
  | { readonly does: 'sends'; readonly peer: number; readonly text: string }
  /** The same, and shuts down its own side at once, so that the program may find both together. */
  | { readonly does: 'sends last'; readonly peer: number; readonly text: string }
  /** Shuts down its own side: shutdown(2). */
  | { readonly does: 'half-closes'; readonly peer: number }
  /** Ends the connection with a reset: tcp(7). */
  | { readonly does: 'resets'; readonly peer: number }
  /** Lets so many milliseconds go by. The others are silent, too. */
  | { readonly does: 'is silent'; readonly peer: number; readonly time: number }
  | { readonly does: 'stops reading'; readonly peer: number }
  | { readonly does: 'reads again'; readonly peer: number };

/** Why a wait was over. */
type Outcome = 'so' | 'ended' | 'rested' | 'ran' | 'woke' | 'late';

/** How a wait for something goes. */
export interface Waiting {
  /** How long the program may be at rest before it is given up, in milliseconds. */
  readonly patience?: number;
  /** How often it may be given a processor: one that looks again and again whether there is something to do. */
  readonly turns?: number;
  /** Whether the program may end before. */
  readonly mayEnd?: boolean;
}

/** The name of an expectation, or what decides it once it was not met. */
export type Named = string | (() => string);

function nameOf(expectation: Named): string {
  return typeof expectation === 'string' ? expectation : expectation();
}

/** A run of the program. */
export class Stage implements AsyncDisposable {
  readonly program: CheckedProgram;
  /** What happened, in words, in order. */
  readonly steps: string[] = [];
  readonly #peers = new Map<number, Peer>();
  readonly #port: number;
  readonly #much: string;
  #muchLeft = MOST_MUCH;
  #version = 0;
  #signal = Promise.withResolvers<void>();

  private constructor(command: ProgramCommand, much: string) {
    this.#port = command.port;
    this.#much = much;
    this.program = new CheckedProgram(command, () => this.#change());
  }

  /**
   * Starts the program. {@link isReady} says when it listens.
   * @param much what somebody sends who asks for much
   */
  static start(command: ProgramCommand, much = ''): Stage {
    return new Stage(command, much);
  }

  /**
   * Waits until the program says that it listens.
   * @throws Unmet `starts`, if it does not
   */
  async isReady(ready: string): Promise<void> {
    const limit = performance.now() + START_LIMIT;
    const began = this.program.activity.ran;
    const outcome = await this.#until(() => this.program.isReady, {
      rest: 5000,
      ran: began + 20_000,
      time: limit,
    });
    if (outcome !== 'so') {
      const seen = outcome === 'ended' ? `it ${this.program.endInWords}` : 'it never did';
      throw new Unmet('starts', `the program prints “${ready}”`, seen);
    }
    this.program.hasStarted();
  }

  /** Lets everybody go, and begins anew with the same program. */
  clear(): void {
    for (const peer of this.peers) peer.leave();
    this.#peers.clear();
    this.steps.length = 0;
    this.#muchLeft = MOST_MUCH;
  }

  /** Everybody who has tried to connect, in order. */
  get peers(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  /** A peer that has tried to connect. */
  peer(index: number): Peer | undefined {
    return this.#peers.get(index);
  }

  /** Adds a sentence to what happened. */
  tell(sentence: string): void {
    if (this.steps.length < MOST_STEPS) this.steps.push(sentence);
    else if (this.steps.length === MOST_STEPS) this.steps.push('And so on.');
  }

  /**
   * Does a step and tells of it. One that makes no sense, as to send without a connection, is left out:
   * then every part of a sequence is a sequence, too.
   * @returns who did it, if it was done
   */
  async act(step: Step): Promise<Peer | undefined> {
    if (step.does === 'connects') return this.#connect(step.peer);
    const peer = this.#peers.get(step.peer);
    if (!peer?.isOpen) return undefined;
    const { name } = peer;
    switch (step.does) {
      case 'sends':
        if (!peer.canSend || step.text === '') return undefined;
        this.tell(`${name} sends ${quoted(step.text)}.`);
        peer.send(step.text);
        break;
      case 'sends last':
        if (!peer.canSend || step.text === '') return undefined;
        this.tell(`${name} sends ${quoted(step.text)} and presses Ctrl-D.`);
        peer.send(step.text);
        peer.halfClose();
        break;
      case 'asks for much':
        if (!peer.canSend || this.#much === '' || this.#muchLeft-- <= 0) return undefined;
        this.tell(`${name} sends ${quoted(this.#much)}.`);
        peer.send(this.#much);
        break;
      case 'half-closes':
        if (peer.halfClosed) return undefined;
        this.tell(`${name} presses Ctrl-D.`);
        peer.halfClose();
        break;
      case 'resets':
        this.tell(`${name} resets the connection.`);
        peer.reset();
        break;
      case 'is silent':
        this.tell(`${name} says nothing for ${counted(step.time, 'millisecond')}.`);
        await sleep(step.time);
        break;
      case 'stops reading':
        if (!peer.reading) return undefined;
        this.tell(`${name} stops reading.`);
        peer.stopReading();
        break;
      case 'reads again':
        if (peer.reading) return undefined;
        this.tell(`${name} reads again.`);
        peer.readAgain();
        break;
    }
    return peer;
  }

  /** Sends the program SIGINT, as a terminal does for Ctrl-C. */
  interrupt(): void {
    this.tell('Somebody presses Ctrl-C in the server’s terminal.');
    this.program.signal('SIGINT');
  }

  /** Lets many connect at once. @returns all of them */
  async crowd(first: number, count: number): Promise<Peer[]> {
    const names = `${peerName(first)} to ${peerName(first + count - 1)}`;
    this.tell(`${counted(count, 'client')} connect at once: ${names}.`);
    const peers = Array.from({ length: count }, (_, index) => this.#newPeer(first + index));
    await Promise.all(peers.map((peer) => peer.connect()));
    return peers;
  }

  /**
   * Waits for what must come.
   * @param expectation its name in the check, or what decides it once it was not met
   * @param expected what it is, in words
   * @param isSo whether it has come
   * @param seen what there is instead, in words
   * @throws Unmet when it can’t come any more
   */
  async must(
    expectation: Named,
    expected: string,
    isSo: () => boolean,
    seen: () => string,
    { patience = PATIENCE.rest, turns = Infinity, mayEnd = false }: Waiting = {},
  ): Promise<void> {
    const { activity } = this.program;
    const outcome = await this.#until(isSo, {
      rest: patience,
      ran: activity.ran + PATIENCE.ran,
      turns: activity.turns + turns,
      time: performance.now() + PATIENCE.time,
      mayEnd,
    });
    if (outcome === 'so') return;
    throw new Unmet(nameOf(expectation), expected, `${seen()}${this.#why(outcome)}`);
  }

  /**
   * Expects that the program comes to rest, since nobody asks anything of it.
   * @throws Unmet if it uses the processor, or wakes up again and again
   */
  async mustRest(expectation: string, expected: string): Promise<void> {
    const { ran, turns } = this.program.activity;
    const outcome = await this.#until(() => false, {
      rest: REST.time,
      ran: ran + IDLE.ran,
      turns: turns + IDLE.turns,
      time: performance.now() + PATIENCE.time,
    });
    if (outcome === 'rested') return;
    const now = this.program.activity;
    const used = counted(Math.round(now.ran - ran), 'millisecond');
    const worked = `it woke up ${counted(now.turns - turns, 'time')}, used ${used} of processor time, and kept going`;
    const seen = outcome === 'ended' ? `it ${this.program.endInWords}` : worked;
    throw new Unmet(expectation, expected, seen);
  }

  /** Begins to measure how long the program takes for something, however busy the computer is. */
  stopwatch(): Stopwatch {
    return new Stopwatch(this.program.pid);
  }

  /**
   * Sends something, and waits for the answer or until the program does not look as if it would come.
   * @param length how many bytes the peer has then, in all
   * @returns how many milliseconds it took, however busy the computer is
   */
  async delay(peer: Peer, text: string, length: number): Promise<number> {
    const { pid } = this.program;
    const watch = this.stopwatch();
    // We look as seldom as can be: each time we may have to wait for a processor ourselves.
    const look = setInterval(() => this.#change(), DELAY.look);
    peer.send(text);
    while (peer.receivedLength < length && peer.isOpen && !this.program.over) {
      const { wall } = watch;
      if (wall > PATIENCE.time || (wall > DELAY.most && asleep(pid))) break;
      watch.lookAway();
      await this.#signal.promise;
    }
    clearInterval(look);
    return watch.undisturbed;
  }

  /** Waits until the program’s main thread sleeps. Judges nothing: it may never do. */
  async isAsleep(): Promise<void> {
    const { pid } = this.program;
    const watch = this.stopwatch();
    while (!this.program.over && !asleep(pid) && watch.wall < DELAY.most) await sleep(1);
  }

  /** Does nothing for so many milliseconds, or longer on a busy computer. */
  async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds);
  }

  /** The same, and tells of it. */
  async silence(milliseconds: number): Promise<void> {
    this.tell(`Nobody does anything for ${counted(milliseconds, 'millisecond')}.`);
    await this.pause(milliseconds);
  }

  /**
   * Which part of a processor’s time the program’s main thread takes while nobody does anything, 0 to 1, as if
   * it had the processor to itself. A program that shares one only waits for it more often, and what it waits
   * is left out. So it holds that one which never sleeps takes all, and that a nap is a nap, on any computer.
   */
  async partOfProcessor(): Promise<number> {
    const { pid } = this.program;
    const began = this.program.activity.ran;
    const limit = performance.now() + PATIENCE.time;
    let first: Asleep | undefined;
    while (!this.program.over && performance.now() < limit) {
      const now = asleep(pid);
      if (now) {
        first ??= now;
        const time = now.at - first.at - (now.waited - first.waited);
        if (time >= PART.time) return (now.ran - first.ran) / time;
      }
      if (this.program.activity.ran > began + PART.ran) break;
      await sleep(PART.look);
    }
    return 1;
  }

  /**
   * Waits until the program has read all that a peer has sent, so that what it sends next comes by itself.
   * Judges nothing: a program may leave it unread.
   */
  async isHeard(peer: Peer): Promise<void> {
    const from = peer.localPort;
    if (from === undefined) return;
    await this.#until(() => peer.unsent === 0 && isRead({ from, to: this.#port }), {
      rest: REST.time,
      ran: this.program.activity.ran + IDLE.ran,
      time: performance.now() + PATIENCE.time,
    });
  }

  /**
   * Waits until the program has nothing to do, or has had time enough to do it. Judges nothing.
   * @returns whether it waits for something now
   */
  async settle(): Promise<boolean> {
    const outcome = await this.#until(() => false, {
      rest: REST.time,
      ran: this.program.activity.ran + IDLE.ran,
      time: performance.now() + PATIENCE.time,
    });
    return outcome === 'rested';
  }

  /**
   * Waits until a peer has received exactly this, in all.
   * @throws Unmet as soon as something else has come, or when nothing more can come
   */
  async receives(expectation: Named, peer: Peer, all: string, waiting?: Waiting): Promise<void> {
    await this.receivesFirst(expectation, peer, all, waiting);
    if (peer.receivedLength === all.length) return;
    throw new Unmet(nameOf(expectation), receiving(peer, all), receivedInWords(peer));
  }

  /**
   * Waits until a peer has received this, and perhaps more.
   * @throws Unmet as soon as something else has come, or when nothing more can come
   */
  async receivesFirst(
    expectation: Named,
    peer: Peer,
    all: string,
    waiting?: Waiting,
  ): Promise<void> {
    // What is long is compared once it is there.
    const isOther = (): boolean =>
      peer.receivedLength <= COMPARED_AT_ONCE &&
      !all.startsWith(peer.received.slice(0, all.length));
    const isOver = (): boolean => peer.ended || peer.error !== undefined;
    await this.must(
      expectation,
      receiving(peer, all),
      () => peer.receivedLength >= all.length || isOver() || isOther(),
      () => receivedInWords(peer),
      { mayEnd: true, ...waiting },
    );
    // Whoever was never let in has received nothing, which can be all that they should.
    if (!peer.connected && peer.error !== undefined) {
      throw new Unmet(
        nameOf(expectation),
        `${peer.name} gets a connection`,
        errorInWords(peer.error),
      );
    }
    if (peer.received.startsWith(all)) return;
    throw new Unmet(
      nameOf(expectation),
      receiving(peer, all),
      receivedInWords(peer) + differenceInWords(peer.received, all),
    );
  }

  /**
   * Waits until the program has closed its side of a peer’s connection.
   * @throws Unmet if it does not, or ends it with a reset
   */
  async ends(expectation: Named, peer: Peer, waiting?: Waiting): Promise<void> {
    await this.isOver(expectation, peer, waiting);
    if (peer.ended) return;
    throw new Unmet(nameOf(expectation), closing(peer), errorInWords(peer.error ?? ''));
  }

  /**
   * Waits until a peer’s connection is over, by an end or by a reset. It is a reset if the program has not
   * read all that the peer sent: tcp(7).
   * @throws Unmet if it goes on
   */
  async isOver(expectation: Named, peer: Peer, waiting?: Waiting): Promise<void> {
    await this.must(
      expectation,
      closing(peer),
      () => peer.ended || peer.error !== undefined,
      () => 'it is still open',
      { mayEnd: true, ...waiting },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.peers) peer.leave();
    await this.program[Symbol.asyncDispose]();
  }

  #newPeer(index: number): Peer {
    const peer = new Peer(peerName(index), this.#port, () => this.#change());
    this.#peers.set(index, peer);
    return peer;
  }

  async #connect(index: number): Promise<Peer | undefined> {
    // Whoever has been there may come again, once the last connection is over.
    const before = this.#peers.get(index);
    if (before?.isOpen) return undefined;
    const again = before !== undefined;
    before?.leave();
    const peer = this.#newPeer(index);
    this.tell(`${peer.name} connects${again ? ' again' : ''}.`);
    await peer.connect();
    return peer;
  }

  #change(): void {
    this.#version++;
    this.#signal.resolve();
    this.#signal = Promise.withResolvers();
  }

  /** Waits until something is so, or one of the limits is reached. */
  async #until(
    isSo: () => boolean,
    limits: {
      readonly rest: number;
      readonly ran: number;
      readonly turns?: number;
      readonly time: number;
      readonly mayEnd?: boolean;
    },
  ): Promise<Outcome> {
    let mark = '';
    let since = performance.now();
    let still = 0;
    for (let looks = 0; ; looks++) {
      const version = this.#version;
      if (isSo()) return 'so';
      if (this.program.over) {
        if (limits.mayEnd !== true) return 'ended';
        // What it sent before its end may still be on its way to us.
        if (still >= REST.looks) return isSo() ? 'so' : 'ended';
      }
      const now = performance.now();
      const activity = this.program.activity;
      if (activity.busy || activity.mark !== mark) {
        ({ mark } = activity);
        since = now;
        still = 0;
      } else {
        still++;
      }
      if (still >= REST.looks && now - since >= limits.rest) return 'rested';
      if (activity.ran > limits.ran) return 'ran';
      if (limits.turns !== undefined && activity.turns > limits.turns && looks > IDLE.looks) {
        return 'woke';
      }
      if (now > limits.time) return 'late';
      // Something may have happened while this looked.
      if (version === this.#version) await Promise.race([this.#signal.promise, sleep(LOOK)]);
      // Whatever else has come is heard before the next look.
      await new Promise((resolve) => void setImmediate(resolve));
    }
  }

  #why(outcome: Outcome): string {
    switch (outcome) {
      case 'so':
        return '';
      case 'ended':
        return `, and the server ${this.program.endInWords}`;
      case 'rested':
        return ', and the server waits';
      case 'ran':
        return ', and the server is busy all the time';
      case 'woke':
      case 'late':
        return ', and it takes too long';
    }
  }
}

function receiving(peer: Peer, all: string): string {
  return `${peer.name} receives ${all === '' ? 'nothing' : quoted(all)}`;
}

function closing(peer: Peer): string {
  return `the server closes ${peer.name}’s connection`;
}

function errorInWords(error: string): string {
  if (error === 'ECONNRESET') return 'the connection was reset';
  if (error === 'ECONNREFUSED') return 'the connection was refused';
  return `the connection failed: ${error}`;
}

/** What a peer has got, and how its connection is. */
function receivedInWords(peer: Peer): string {
  const got = peer.receivedLength === 0 ? 'nothing came' : `${quoted(peer.received)} came`;
  if (peer.flooded) return `${got}, far more than was asked for`;
  if (peer.error !== undefined) return `${got}, and ${errorInWords(peer.error)}`;
  return peer.ended ? `${got}, and the server closed the connection` : got;
}

/** Where a long answer is different. */
function differenceInWords(received: string, all: string): string {
  if (received.length < 100 && all.length < 100) return '';
  let at = 0;
  while (at < received.length && at < all.length && received[at] === all[at]) at++;
  return at === received.length || at === all.length ? '' : `, different from byte ${at + 1} on`;
}
