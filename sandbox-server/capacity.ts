/** How many sandboxes this computer can hold, and which places are taken. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { descriptorLimit, descriptorsLeft } from './descriptors.ts';
import { memoryFor } from './memory-plan.ts';

const MiB = 1024 * 1024;
/** What most labs take: a server program and two clients. */
export const SESSION_MEMORY = memoryFor({ programs: 1, clients: 2 });
/** Memory that is left to the server, what reads programs, and everything else; below it nobody is let in. */
export const MEMORY_FLOOR = 512 * MiB;
const MOST_SESSIONS = 200;
/** A run with all its clients opens some 40; those of others that are about to start count too. */
const DESCRIPTOR_FLOOR = 100;

const NO_MEMORY_LEFT = 'All memory is set aside for the runs that are going on.';

/** MemAvailable of proc_meminfo(5), in bytes. */
export function availableMemory(): number {
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return match?.[1] ? Number(match[1]) * 1024 : totalmem();
}

/** What of the computer a place needs. */
export interface Resources {
  /** Bytes of memory that are available now. */
  memory(): number;
  /** Descriptors that this process can still open. */
  descriptors(): number;
}

/** This computer’s resources. */
export function ownResources(): Resources {
  const limit = descriptorLimit();
  return { memory: availableMemory, descriptors: () => descriptorsLeft(limit) };
}

/** Gives out places, and the memory that goes with them. What runs in one, and as whom, is not its business. */
export class Capacity {
  readonly size: number;
  #used = 0;
  /** What there is for all of them, in bytes, and what of it is set aside. */
  readonly #memory: number;
  #reserved = 0;
  readonly #resources: Resources;

  /**
   * @param most the most sessions that the operator and the isolation allow
   */
  constructor(most: number, resources: Resources = ownResources()) {
    const memory = resources.memory() - MEMORY_FLOOR;
    const byMemory = Math.floor(memory / SESSION_MEMORY);
    this.size = Math.max(1, Math.min(most, byMemory, MOST_SESSIONS));
    this.#memory = Math.max(memory, SESSION_MEMORY);
    this.#resources = resources;
  }

  /** Sessions running now. */
  get used(): number {
    return this.#used;
  }

  /** How many sessions of usual labs could begin now. */
  get free(): number {
    if (this.shortage !== undefined) return 0;
    const byMemory = Math.floor((this.#memory - this.#reserved) / SESSION_MEMORY);
    return Math.min(this.size - this.#used, byMemory);
  }

  /** Why nobody is let in now, in words; undefined when there is room for a usual lab. */
  get shortage(): string | undefined {
    return this.#lacks(SESSION_MEMORY);
  }

  /** What the computer is short of, in words: nobody can say when that is over. */
  get short(): string | undefined {
    // First: to read how much memory there is takes a descriptor.
    if (this.#resources.descriptors() < DESCRIPTOR_FLOOR) {
      return 'The server is short of file descriptors.';
    }
    return this.#resources.memory() < MEMORY_FLOOR ? 'The server is short of memory.' : undefined;
  }

  /**
   * Takes a place.
   * @param memory what is set aside for it, in bytes: {@link memoryFor}
   * @returns why there is none, in words, or undefined
   */
  take(memory = SESSION_MEMORY): string | undefined {
    const shortage = this.#lacks(memory);
    if (shortage !== undefined) return shortage;
    this.#used += 1;
    this.#reserved += memory;
    return undefined;
  }

  /**
   * Sets more memory aside for a place that is taken.
   * @param memory in bytes
   * @returns why there is none, in words, or undefined
   */
  grow(memory: number): string | undefined {
    const none = this.short ?? (this.#fits(memory) ? undefined : NO_MEMORY_LEFT);
    if (none === undefined) this.#reserved += memory;
    return none;
  }

  /**
   * Gives a place back.
   * @param memory all that was set aside for it
   */
  release(memory = SESSION_MEMORY): void {
    this.#used -= 1;
    this.#reserved -= memory;
  }

  #lacks(memory: number): string | undefined {
    const { short } = this;
    if (short !== undefined) return short;
    if (this.#used >= this.size) {
      const runs = this.size === 1 ? 'one run is' : `${this.size} runs are`;
      return `All places are taken: ${runs} going on.`;
    }
    return this.#fits(memory) ? undefined : NO_MEMORY_LEFT;
  }

  /** Whether so much is left of what there was to give out; somebody alone gets what they need. */
  #fits(memory: number): boolean {
    return this.#used === 0 || this.#reserved + memory <= this.#memory;
  }
}
