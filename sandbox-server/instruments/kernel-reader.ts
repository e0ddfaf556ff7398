/** What the kernel holds for a run: read again and again from /proc, by the thread for such readings. */
import { readFileSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import {
  MOST_CONNECTIONS,
  MOST_LISTENERS,
  type KernelConnection,
  type KernelListener,
} from '../../protocol/kernel-view.ts';
import { descendantsOf } from '../process/process-tree.ts';
import { openSockets } from './open-sockets.ts';
import { sampleProcess } from './proc-figures.ts';
import { portOf, socketsIn, tableText, TCP, type TcpSocket } from './tcp-table.ts';

/** Bytes of a table that are read: some 3,000 sockets, which is a thousand clients and more. */
const TABLE_SIZE = 512 * 1024;
/** What is looked at of a program; a client of ours is one process, and what it is started by. */
const MOST_PROCESSES = 64;
const MOST_CLIENT_PROCESSES = 8;
const MOST_DESCRIPTORS = 4096;
const MOST_CLIENT_DESCRIPTORS = 256;
/** Of one socket, no more holders are told. */
const MOST_HOLDERS = 8;
/**
 * Who has which socket is looked up so many times after a change, since a process that hands one on does it
 * after that; and then at every so many readings, since a copy can be made at any time.
 */
const SCANS_AFTER_CHANGE = 3;
const SCAN_EVERY = 4;
/** The first Linux with a longer queue at listen(2): 4,096 instead of 128. */
const LONGER_QUEUES = [5, 4];

/** Whose sockets are looked for. */
export interface KernelQuestion {
  /** The port of the lab: its listeners come first. */
  readonly port: number;
  /** Programs by their numbers in the protocol, and the process that each was started by, or it itself. */
  readonly programs: readonly { readonly process: number; readonly wrapper: number }[];
  readonly clients: readonly { readonly name: string; readonly wrapper: number }[];
}

/** A descriptor by which a program has a socket. */
export type Holder = KernelConnection['holders'][number];

/** A listener, and who has it. */
export interface HeldListener extends KernelListener {
  readonly holders: readonly Holder[];
}

/** One reading. */
export interface KernelReading {
  readonly connections: readonly KernelConnection[];
  readonly listeners: readonly HeldListener[];
  /** net.core.somaxconn of the run’s network: no queue at a listener is longer. */
  readonly longestQueue: number;
}

/** A client’s connection, once it has one: the addresses of its two ends. */
interface Known {
  readonly local: string;
  readonly remote: string;
  /** Whether the program’s end has been seen, and somebody has had it. */
  met: boolean;
  accepted: boolean;
}

/** Who has which socket, as it was looked up last. */
interface Held {
  /** The process in whose network all of them are. */
  readonly inside: number;
  readonly longestQueue: number;
  readonly holders: ReadonlyMap<number, readonly Holder[]>;
  /** The name of the client that has it. */
  readonly clients: ReadonlyMap<number, string>;
}

/** Reads for one run. */
export class KernelReader {
  #question: KernelQuestion = { port: 0, programs: [], clients: [] };
  /** Outlives what is known of the process: a program may keep its end long after its client has gone. */
  readonly #known = new Map<string, Known>();
  #held: Held | undefined;
  #signature = '';
  #scans = 0;
  #readings = 0;

  /** From now on, about these. */
  ask(question: KernelQuestion): void {
    this.#question = question;
    this.#held = undefined;
  }

  /** A reading; undefined while nothing of the run is there. */
  read(): KernelReading | undefined {
    const sockets = this.#held && tables(this.#held.inside);
    const signature = sockets ? signatureOf(sockets) : '';
    if (signature !== this.#signature) this.#scans = SCANS_AFTER_CHANGE;
    this.#signature = signature;
    if (sockets && this.#scans === 0 && ++this.#readings % SCAN_EVERY !== 0) {
      return this.#held && this.#reading(this.#held, sockets);
    }
    this.#scans = Math.max(0, this.#scans - 1);
    this.#held = this.#lookUp();
    // In this order: what is in the table by now has been looked up before, or comes next time.
    const now = sockets ?? (this.#held && tables(this.#held.inside));
    return this.#held && now && this.#reading(this.#held, now);
  }

  #lookUp(): Held | undefined {
    const holders = new Map<number, Holder[]>();
    const clients = new Map<number, string>();
    let inside: number | undefined;
    for (const { name, wrapper } of this.#question.clients) {
      for (const pid of [wrapper, ...descendantsOf(wrapper, MOST_CLIENT_PROCESSES)]) {
        const { sockets } = openSockets(pid, MOST_CLIENT_DESCRIPTORS);
        for (const { inode } of sockets) clients.set(inode, name);
        if (sockets.length > 0) inside = pid;
      }
    }
    for (const { process, wrapper } of this.#question.programs) {
      let left = MOST_DESCRIPTORS;
      for (const each of [wrapper, ...descendantsOf(wrapper, MOST_PROCESSES)]) {
        if (left === 0) break;
        const { sockets, looks } = openSockets(each, left);
        left -= looks;
        const pid = sockets.length > 0 ? sampleProcess(each)?.pid : undefined;
        if (pid === undefined) continue;
        // A client of ours is surely in the network; a program is, unless it found a way to leave it.
        inside ??= each;
        for (const { fd, inode } of sockets) {
          const all = holders.get(inode) ?? [];
          if (all.length < MOST_HOLDERS) all.push({ process, pid, fd });
          holders.set(inode, all);
        }
      }
    }
    if (inside === undefined) return undefined;
    return { inside, longestQueue: longestQueue(inside), holders, clients };
  }

  #reading({ longestQueue, holders, clients }: Held, sockets: readonly TcpSocket[]): KernelReading {
    const byEnds = new Map<string, TcpSocket>();
    const listeners: HeldListener[] = [];
    for (const socket of sockets) {
      const { inode, local, remote, state, waiting } = socket;
      if (state === TCP.LISTEN) {
        const held = holders.get(inode);
        if (held) listeners.push({ port: portOf(local), waiting, holders: held });
        continue;
      }
      byEnds.set(`${local} ${remote}`, socket);
      const client = clients.get(inode);
      if (client !== undefined && inode !== 0 && state !== TCP.SYN_SENT) {
        this.#meet(client, local, remote);
      }
    }
    const { port } = this.#question;
    // Sorting is stable: the others stay as the kernel has them.
    listeners.sort((a, b) => Number(b.port === port) - Number(a.port === port));
    const connections = [...this.#known].flatMap(([client, known]) =>
      this.#connection(client, known, byEnds, holders),
    );
    return {
      connections: connections.slice(0, MOST_CONNECTIONS),
      listeners: listeners.slice(0, MOST_LISTENERS),
      longestQueue,
    };
  }

  #meet(client: string, local: string, remote: string): void {
    const known = this.#known.get(client);
    if (known?.local === local && known.remote === remote) return;
    // What a client of this name had before is of no interest any more.
    this.#known.set(client, { local, remote, met: false, accepted: false });
  }

  #connection(
    client: string,
    known: Known,
    byEnds: ReadonlyMap<string, TcpSocket>,
    holders: Held['holders'],
  ): KernelConnection[] {
    const near = byEnds.get(`${known.local} ${known.remote}`);
    const far = byEnds.get(`${known.remote} ${known.local}`);
    const nearOpen = near !== undefined && near.inode !== 0;
    const farOpen = far !== undefined && (far.inode !== 0 || isUnaccepted(far));
    if (!nearOpen && !farOpen) {
      this.#known.delete(client);
      return [];
    }
    known.met ||= far !== undefined;
    // A table is not of one moment: the end that has just come about can be missing.
    if (!known.met) return [];
    // One that nobody has and that does not wait was closed, so somebody had it.
    known.accepted ||= far !== undefined && !isUnaccepted(far);
    return [
      {
        client,
        near: nearOpen ? { receive: near.waiting, send: near.sending } : null,
        far: farOpen ? { receive: far.waiting, send: far.sending } : null,
        accepted: known.accepted,
        holders: [...((far && far.inode !== 0 && holders.get(far.inode)) || [])],
      },
    ];
  }
}

/** Whether it waits for accept(2): one that was closed is in none of these states any more. */
function isUnaccepted({ inode, state }: TcpSocket): boolean {
  const waits: readonly number[] = [TCP.ESTABLISHED, TCP.CLOSE_WAIT, TCP.SYN_RECV];
  return inode === 0 && waits.includes(state);
}

function tables(pid: number): TcpSocket[] | undefined {
  const four = tableText(pid, 'tcp', TABLE_SIZE);
  if (four === undefined) return undefined;
  return [...socketsIn(four), ...socketsIn(tableText(pid, 'tcp6', TABLE_SIZE) ?? '')];
}

/** Who is connected with whom; it stays the same while only bytes come and go. */
function signatureOf(sockets: readonly TcpSocket[]): string {
  return sockets
    .map(({ inode, local, remote, state }) => `${local} ${remote} ${state} ${inode}`)
    .join('\n');
}

/** net.core.somaxconn can be read only for one’s own network; a new one has the kernel’s own number. */
function longestQueue(pid: number): number {
  try {
    if (readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')) {
      return Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1'));
    }
  } catch {
    // It has ended.
  }
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const [since = 0, and = 0] = LONGER_QUEUES;
  return major > since || (major === since && minor >= and) ? 4096 : 128;
}
