/** How many sandboxes this computer can hold, and which places are taken. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { descriptorLimit, descriptorsLeft } from './descriptors.ts';
import type { Slot } from './isolation/isolation.ts';
import { memoryFor } from './memory-plan.ts';

const MiB = 1024 * 1024;
/** What most labs take: a server program and two clients. */
const SESSION_MEMORY = memoryFor({ programs: 1, clients: 2 });
/** Memory that is left to the server and everything else; below it nobody is let in. */
const MEMORY_FLOOR = 512 * MiB;
const MOST_SESSIONS = 200;
/** Places that were lost and replaced have users too; those of a small map end below `nobody`, 65,534. */
const MOST_USERS = 5000;
/** A run with all its clients opens some 40; those of others that are about to start count too. */
const DESCRIPTOR_FLOOR = 100;

const NO_MEMORY_LEFT = 'All memory is set aside for the runs that are going on.';

/** Users that nothing else on the computer is: above systemd’s own ranges, see systemd’s UIDS-GIDS. */
const FIRST_UID = 1_900_000_000;
/** For containers whose user namespace maps only the first 65,536. */
const FIRST_UID_IN_SMALL_MAP = 60_000;

/** MemAvailable of proc_meminfo(5), in bytes. */
export function availableMemory(): number {
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return match?.[1] ? Number(match[1]) * 1024 : totalmem();
}

/** The largest user id that this process may become: user_namespaces(7), uid_map. */
function largestUid(): number {
  const ends = readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first = 0, , length = 1]) => first + length - 1);
  return Math.max(...ends);
}

/** Whether sandboxes get a user of their own each: only root can become somebody else. */
export function switchesUser(): boolean {
  return process.getuid?.() === 0;
}

/** What of the computer a place needs. */
export interface Resources {
  /** Bytes of memory that are available now. */
  memory(): number;
  /** Descriptors that this process can still open. */
  descriptors(): number;
}

/** This computer’s resources. */
function ownResources(): Resources {
  const limit = descriptorLimit();
  return { memory: availableMemory, descriptors: () => descriptorsLeft(limit) };
}

/** There is no place. */
export interface Full {
  /** Why, in words. */
  readonly full: string;
  /** Whether the end of a run makes one, so that it can be waited for. */
  readonly taken: boolean;
}

/** Hands out slots, and the memory that goes with them; a slot comes back when its sandbox is gone. */
export class Capacity {
  readonly size: number;
  readonly #free: number[];
  /** What each slot that is taken has of the memory, in bytes, by its index. */
  readonly #reserved = new Map<number, number>();
  /** What there is for all of them, in bytes. */
  readonly #memory: number;
  /** The first index that no place has had yet. */
  #next: number;
  readonly #firstUid: number | undefined;
  readonly #resources: Resources;

  /**
   * @param most the most sessions that the operator and the isolation allow
   */
  constructor(most: number, resources: Resources = ownResources()) {
    const memory = resources.memory() - MEMORY_FLOOR;
    const byMemory = Math.floor(memory / SESSION_MEMORY);
    this.size = Math.max(1, Math.min(most, byMemory, MOST_SESSIONS));
    this.#memory = Math.max(memory, SESSION_MEMORY);
    this.#free = Array.from({ length: this.size }, (_, index) => index).reverse();
    this.#next = this.size;
    this.#resources = resources;
    if (switchesUser()) {
      const roomy = largestUid() >= FIRST_UID + MOST_USERS;
      this.#firstUid = roomy ? FIRST_UID : FIRST_UID_IN_SMALL_MAP;
    }
  }

  /** Sessions running now. */
  get used(): number {
    return this.size - this.#free.length;
  }

  /** Why nobody is let in now, in words; undefined when there is room for a usual lab. */
  get shortage(): string | undefined {
    return this.#lacks(SESSION_MEMORY)?.full;
  }

  /**
   * A place, or why there is none.
   * @param memory what is set aside for it, in bytes: {@link memoryFor}
   */
  take(memory = SESSION_MEMORY): Slot | Full {
    const full = this.#lacks(memory);
    if (full) return full;
    const index = this.#free.pop() ?? 0;
    this.#reserved.set(index, memory);
    return { index, uid: this.#firstUid === undefined ? undefined : this.#firstUid + index };
  }

  /**
   * Sets more memory aside for a place that is taken.
   * @param memory in bytes
   * @returns why there is none, in words, or undefined
   */
  grow({ index }: Slot, memory: number): string | undefined {
    const short = this.#short() ?? (this.#fits(memory) ? undefined : NO_MEMORY_LEFT);
    if (short === undefined) this.#reserved.set(index, (this.#reserved.get(index) ?? 0) + memory);
    return short;
  }

  #lacks(memory: number): Full | undefined {
    const short = this.#short();
    if (short !== undefined) return { full: short, taken: false };
    if (this.#free.length === 0) {
      const runs = this.size === 1 ? 'one run is' : `${this.size} runs are`;
      return { full: `All places are taken: ${runs} going on.`, taken: true };
    }
    return this.#fits(memory) ? undefined : { full: NO_MEMORY_LEFT, taken: true };
  }

  /** What the computer is short of now, whoever has it, in words. */
  #short(): string | undefined {
    // First: to read how much memory there is takes a descriptor.
    if (this.#resources.descriptors() < DESCRIPTOR_FLOOR) {
      return 'The server is short of file descriptors.';
    }
    return this.#resources.memory() < MEMORY_FLOOR ? 'The server is short of memory.' : undefined;
  }

  /** Whether so much is left of what there was to give out; somebody alone gets what they need. */
  #fits(memory: number): boolean {
    const given = [...this.#reserved.values()].reduce((sum, each) => sum + each, 0);
    return this.used === 0 || given + memory <= this.#memory;
  }

  /**
   * Gives a place back.
   * @param clean whether nothing of its sandbox is left. What can’t be killed must not keep a place for
   *   good, and nobody else may be the same user: the place comes back as a new one.
   */
  release(slot: Slot, clean = true): void {
    this.#reserved.delete(slot.index);
    this.#free.push(clean || this.#next === MOST_USERS ? slot.index : this.#next++);
  }
}
