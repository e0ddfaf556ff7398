/** Whose connection a descriptor is: “21 is Alice”. Pure. */
import type { KernelConnection } from '../protocol/kernel-view.ts';
import type { Call, Callback, TimelineHearer, TimelineRow } from './timeline.ts';

/** Calls that give a new descriptor, which may have been another connection’s before. */
const ACCEPTS: readonly string[] = ['accept', 'accept4'];
/** Of so many children of a program it is kept whose they are, those among them that have ended. */
export const MOST_CHILDREN = 256;
/** Of so many programs, of which a run can start one after another, processes are known. */
export const MOST_PROGRAMS = 64;
/** Of so many descriptors it is kept since when they are what they are. */
const MOST_GIVEN = 4096;

function keyOf(process: number, pid: number, fd: number): string {
  return `${process}:${pid}:${fd}`;
}

/** Knows which client is at the other end of each descriptor, and whose a whole process is. */
export class Owners implements TimelineHearer {
  #byDescriptor = new Map<string, string>();
  /** The clients whose connections a process has. */
  #byProcess = new Map<string, Set<string>>();
  /** As the process trees say it: of each program, whose its children are. */
  readonly #children = new Map<number, ReadonlyMap<number, string>>();
  /** The first process of each program: it has what it accepts, and is nobody’s. */
  readonly #first = new Map<number, number>();
  /** When a descriptor was last closed or given anew: before, it was another connection, or none. */
  readonly #given = new Map<string, number>();

  /** Takes all connections that there are now. */
  take(connections: readonly KernelConnection[]): void {
    this.#byDescriptor = new Map();
    this.#byProcess = new Map();
    for (const { client, holders } of connections) {
      for (const { process, pid, fd } of holders) {
        this.#byDescriptor.set(keyOf(process, pid, fd), client);
        const key = `${process}:${pid}`;
        const clients = this.#byProcess.get(key) ?? new Set();
        this.#byProcess.set(key, clients.add(client));
      }
    }
  }

  /** Takes a program’s processes, the first one first. */
  takeTree(
    process: number,
    tree: readonly { readonly pid: number; readonly client?: string | undefined }[],
  ): void {
    const [first] = tree;
    if (first) putLast(this.#first, process, first.pid, MOST_PROGRAMS);
    const now = new Map(
      tree.flatMap(({ pid, client }) => (client === undefined ? [] : [[pid, client] as const])),
    );
    // One that has ended was its client’s all the same. When there are many, those that ended first are forgotten.
    const ended = [...(this.#children.get(process) ?? [])].filter(([pid]) => !now.has(pid));
    const room = Math.max(0, MOST_CHILDREN - now.size);
    const known = new Map([...(room > 0 ? ended.slice(-room) : []), ...now]);
    putLast(this.#children, process, known, MOST_PROGRAMS);
  }

  /** A callback begins: asked later, its descriptor may be another client’s. */
  called(row: TimelineRow, callback: Callback): void {
    this.ofCallback(row, callback);
  }

  /** A call has come back: it is known by now whose it was, and which connection a descriptor is may have changed. */
  returned(row: TimelineRow, call: Call): void {
    // Asked later, its descriptor may be another client’s. So may that of the callback which it was made in.
    this.ofCall(row, call);
    for (const callback of row.running) this.ofCallback(row, callback);
    const { name, fd, result } = call;
    const at = call.end ?? call.start;
    if (name === 'close' && result !== 'EBADF') this.#give(row, fd, at);
    if (!ACCEPTS.includes(name)) return;
    const [, accepted] = /^(\d+)/.exec(result ?? '') ?? [];
    if (accepted !== undefined) this.#give(row, Number(accepted), at);
  }

  /** Whose connection a descriptor of a process is; undefined if it is nobody’s, or not known. */
  ofDescriptor(process: number, pid: number, fd: number | undefined): string | undefined {
    return fd === undefined ? undefined : this.#byDescriptor.get(keyOf(process, pid, fd));
  }

  /** Whose connection a descriptor is in a program of one process. */
  ofProgram(process: number, fd: number): string | undefined {
    const first = this.#first.get(process);
    if (first !== undefined) return this.ofDescriptor(process, first, fd);
    const ending = `:${fd}`;
    const own = [...this.#byDescriptor].find(
      ([key]) => key.startsWith(`${process}:`) && key.endsWith(ending),
    );
    return own?.[1];
  }

  /** Whose a process is: that of the only client whose connection it has, if it is a child. */
  ofProcess(process: number, pid: number): string | undefined {
    const child = this.#children.get(process)?.get(pid);
    if (child !== undefined) return child;
    if ((this.#first.get(process) ?? 1) === pid) return undefined;
    const clients = this.#byProcess.get(`${process}:${pid}`);
    return clients?.size === 1 ? [...clients][0] : undefined;
  }

  /** Whose connection a call is about. Once known, it is kept with the call. */
  ofCall(row: TimelineRow, call: Call): string | undefined {
    call.client ??= this.#ofStart(row, call);
    return call.client;
  }

  /** Whose connection a callback is about. Once known, it is kept with the callback. */
  ofCallback(row: TimelineRow, callback: Callback): string | undefined {
    callback.client ??= this.#ofStart(row, callback);
    return callback.client;
  }

  /** Whose a descriptor is that something is about, unless that began when it was another connection. */
  #ofStart({ process, pid }: TimelineRow, { fd, start }: Call | Callback): string | undefined {
    if (fd === undefined) return undefined;
    const given = this.#given.get(keyOf(process, pid, fd)) ?? 0;
    return start < given ? undefined : this.ofDescriptor(process, pid, fd);
  }

  /** A descriptor is closed, or a new connection’s. Whose it is now is not known yet. */
  #give({ process, pid }: TimelineRow, fd: number | undefined, at: number): void {
    if (fd === undefined) return;
    const key = keyOf(process, pid, fd);
    this.#byDescriptor.delete(key);
    putLast(this.#given, key, at, MOST_GIVEN);
  }
}

/** Puts something last into a map, out of which the first goes when there are too many. */
function putLast<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [first] = map.keys();
  if (map.size > most && first !== undefined) map.delete(first);
}
