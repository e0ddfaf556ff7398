/**
 * What a server of blocking calls must do that accepts a group of peers and then reads from each in turn,
 * over and over; when all of them are gone, it accepts the next group. Pure: whoever checks such a server
 * tells what the peers did, and is told which calls of the server have returned by that.
 */
import type { Step } from './stage.ts';

/** What a peer must be able to tell of itself. */
export interface Member {
  /** It has shut down its own side. */
  readonly halfClosed: boolean;
  /** It reads what comes. */
  readonly reading: boolean;
}

/** A call of the server that has returned. */
export interface Returned<P> {
  readonly call: 'accept' | 'recv';
  /** Whose connection it is. */
  readonly peer: P;
  /** The server has closed the connection after it. */
  readonly over: boolean;
}

/** What the server has of a peer. */
interface Connection<P> {
  readonly peer: P;
  /** What the kernel has for the next recv(2). */
  unread: string;
  /** What each recv(2) has returned so far. */
  readonly read: string[];
  end: 'end of file' | 'reset' | undefined;
  /** The server has closed it. */
  over: boolean;
}

/** The turns of such a server, and whose it is. */
export class Turns<P extends Member> {
  readonly #size: number;
  readonly #connections = new Map<number, Connection<P>>();
  readonly #all: Connection<P>[] = [];
  /** Connected, and not accepted yet. */
  readonly #backlog: Connection<P>[] = [];
  #group: Connection<P>[] = [];
  /** Those of the group whose turn comes before the first one’s. */
  #round: Connection<P>[] = [];
  #complete = false;
  #groups = 0;
  #resets = 0;
  #leavers = 0;

  /** @param size how many peers are a group */
  constructor(size: number) {
    this.#size = size;
  }

  /** How many groups have begun so far: with the first peer that was accepted. */
  get groups(): number {
    return this.#groups;
  }

  /** What has thinned out the group: a reset, else an end, else nothing. */
  get thinnedBy(): 'reset' | 'end of file' | undefined {
    if (this.#resets > 0) return 'reset';
    return this.#leavers > 0 ? 'end of file' : undefined;
  }

  /** How many of the group are gone. */
  get gone(): number {
    return this.#resets + this.#leavers;
  }

  /** A peer’s place in the group that it is in, from 0; -1 if it is in none, or no more. */
  place(peer: P): number {
    return this.#group.findIndex((each) => each.peer === peer);
  }

  /** What each recv(2) on a peer’s connection has returned. */
  read(peer: P): readonly string[] {
    return this.#all.find((each) => each.peer === peer)?.read ?? [];
  }

  /** Whether the server has read all that a peer has sent, and waits for more. */
  hasReadAll(peer: P): boolean {
    return this.#all.some(
      (each) => each.peer === peer && each.unread === '' && each.end === undefined,
    );
  }

  /** Whether the server has closed a peer’s connection. */
  isOver(peer: P): boolean {
    return this.#all.find((each) => each.peer === peer)?.over ?? false;
  }

  /**
   * Says what was done.
   * @param step as {@link Stage.act} has done it
   * @param peer by whom
   * @returns the calls of the server that return by it, in order
   */
  did(step: Step, peer: P): Returned<P>[] {
    if (step.does === 'connects') {
      const connection = { peer, unread: '', read: [], end: undefined, over: false };
      this.#connections.set(step.peer, connection);
      this.#all.push(connection);
      this.#backlog.push(connection);
    }
    const connection = this.#connections.get(step.peer);
    if (!connection) return [];
    if (step.does === 'sends' || step.does === 'sends last') connection.unread += step.text;
    if (step.does === 'sends last' || step.does === 'half-closes') connection.end = 'end of file';
    if (step.does === 'resets') connection.end = 'reset';
    return [...this.#go()];
  }

  /**
   * What is to be done next for everybody to be gone at last, and the server to begin anew.
   * @param newcomer the number of somebody who has not been there, for a group that is not complete
   * @returns undefined if nobody is there
   */
  toTheEnd(newcomer: number): Step | undefined {
    if (this.#group.length === 0) return undefined;
    for (const [peer, { peer: member, end }] of this.#connections) {
      if (!member.reading && end !== 'reset') return { does: 'reads again', peer };
    }
    if (!this.#complete) return { does: 'connects', peer: newcomer };
    for (const [peer, connection] of this.#connections) {
      if (this.#group.includes(connection) && !connection.end) return { does: 'half-closes', peer };
    }
    return undefined;
  }

  /** Goes on until a call waits. */
  *#go(): Generator<Returned<P>> {
    for (;;) {
      const returned = this.#complete ? this.#recv() : this.#accept();
      if (!returned) return;
      yield returned;
    }
  }

  #accept(): Returned<P> | undefined {
    const connection = this.#backlog.shift();
    if (!connection) return undefined;
    if (this.#group.length === 0) {
      this.#groups++;
      this.#resets = this.#leavers = 0;
    }
    this.#group.push(connection);
    this.#complete = this.#group.length === this.#size;
    this.#round = [...this.#group];
    return { call: 'accept', peer: connection.peer, over: false };
  }

  #recv(): Returned<P> | undefined {
    const [connection] = this.#round;
    if (!connection) return undefined;
    const { peer, unread, end } = connection;
    if (unread === '' && end === undefined) return undefined;
    this.#round.shift();
    // After a reset the server may get what was sent before it, but can’t answer it any more.
    const over = end === 'reset' || unread === '';
    if (unread !== '' && !over) connection.read.push(unread);
    connection.unread = '';
    if (over) {
      connection.over = true;
      this.#group = this.#group.filter((each) => each !== connection);
      if (end === 'reset') this.#resets++;
      else this.#leavers++;
    }
    if (this.#group.length === 0) this.#complete = false;
    if (this.#round.length === 0) this.#round = [...this.#group];
    return { call: 'recv', peer, over };
  }
}
