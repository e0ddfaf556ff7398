/** How many sandboxes this computer can hold, and which places are taken. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { descriptorLimit, descriptorsLeft } from './descriptors.ts';
import type { Slot } from './isolation/isolation.ts';

const MiB = 1024 * 1024;
/** What a lab of a server and three Node clients was measured to take, with room to spare. */
const SESSION_MEMORY = 64 * MiB;
/** Memory that is left to the server and everything else; below it nobody is let in. */
const MEMORY_FLOOR = 512 * MiB;
const MOST_SESSIONS = 200;
/** Places that were lost and replaced have users too; those of a small map end below `nobody`, 65,534. */
const MOST_USERS = 5000;
/** A run with all its clients opens some 40; those of others that are about to start count too. */
const DESCRIPTOR_FLOOR = 100;

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

/** Hands out slots; a slot comes back when its sandbox is gone. */
export class Capacity {
  readonly size: number;
  readonly #free: number[];
  /** The first index that no place has had yet. */
  #next: number;
  readonly #firstUid: number | undefined;
  readonly #resources: Resources;

  /**
   * @param most the most sessions that the operator and the isolation allow
   */
  constructor(most: number, resources: Resources = ownResources()) {
    const byMemory = Math.floor((resources.memory() - MEMORY_FLOOR) / SESSION_MEMORY);
    this.size = Math.max(1, Math.min(most, byMemory, MOST_SESSIONS));
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

  /** How many sessions could begin now. */
  get free(): number {
    return this.shortage === undefined ? this.#free.length : 0;
  }

  /** Why nobody is let in now, in words; undefined when there is room. */
  get shortage(): string | undefined {
    // First: to read how much memory there is takes a descriptor.
    if (this.#resources.descriptors() < DESCRIPTOR_FLOOR) {
      return 'The server is short of file descriptors.';
    }
    if (this.#resources.memory() < MEMORY_FLOOR) {
      return 'The server is short of memory.';
    }
    if (this.#free.length > 0) return undefined;
    const runs = this.size === 1 ? 'one run is' : `${this.size} runs are`;
    return `All places are taken: ${runs} going on.`;
  }

  /** A place, or why there is none. */
  take(): Slot | { readonly full: string } {
    const full = this.shortage;
    if (full !== undefined) return { full };
    const index = this.#free.pop() ?? 0;
    return { index, uid: this.#firstUid === undefined ? undefined : this.#firstUid + index };
  }

  /**
   * Gives a place back.
   * @param clean whether nothing of its sandbox is left. What can’t be killed must not keep a place for
   *   good, and nobody else may be the same user: the place comes back as a new one.
   */
  release(slot: Slot, clean = true): void {
    this.#free.push(clean || this.#next === MOST_USERS ? slot.index : this.#next++);
  }
}
