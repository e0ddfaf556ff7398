/** Whose connection a descriptor is: “21 is Alice”. Pure. */
import type { KernelConnection } from '../protocol/kernel-view.ts';
import type { Call, TimelineRow } from './timeline.ts';

/** Calls that give a new descriptor, which may have been another connection’s before. */
const ACCEPTS: readonly string[] = ['accept', 'accept4'];

function keyOf(process: number, pid: number, fd: number): string {
  return `${process}:${pid}:${fd}`;
}

/** Knows which client is at the other end of each descriptor, and whose a whole process is. */
export class Owners {
  #byDescriptor = new Map<string, string>();
  /** The clients whose connections a process has. */
  #byProcess = new Map<string, Set<string>>();
  /** As the process trees say it: of each program, whose its children are. */
  readonly #children = new Map<number, ReadonlyMap<number, string>>();
  /** The first process of each program: it has what it accepts, and is nobody’s. */
  readonly #first = new Map<number, number>();

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
    if (first) this.#first.set(process, first.pid);
    const known = tree.flatMap(({ pid, client }) =>
      client === undefined ? [] : [{ pid, client }],
    );
    // One that has ended was its client’s all the same.
    const before = this.#children.get(process) ?? new Map<number, string>();
    const now = new Map(known.map(({ pid, client }) => [pid, client]));
    this.#children.set(process, new Map([...before, ...now].slice(-256)));
  }

  /** A call has come back: it is known by now whose it was, and which connection a descriptor is may have changed. */
  returned(row: TimelineRow, call: Call): void {
    // Asked later, its descriptor may be another client’s.
    this.ofCall(row, call);
    const { process, pid } = row;
    const { name, fd, result } = call;
    if (name === 'close' && fd !== undefined) this.#byDescriptor.delete(keyOf(process, pid, fd));
    if (!ACCEPTS.includes(name)) return;
    const [, accepted] = /^(\d+)/.exec(result ?? '') ?? [];
    if (accepted !== undefined) this.#byDescriptor.delete(keyOf(process, pid, Number(accepted)));
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
  ofCall({ process, pid }: TimelineRow, call: Call): string | undefined {
    call.client ??= this.ofDescriptor(process, pid, call.fd);
    return call.client;
  }
}
