/** How many sandboxes this computer can hold, and which places are taken. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { descriptorLimit, descriptorsLeft } from './descriptors.ts';

const MiB = 1024 * 1024;
/** What a lab of a server and three Node clients was measured to take, with room to spare. */
export const SESSION_MEMORY = 64 * MiB;
/** Memory that is left to the server and everything else; below it nobody is let in. */
export const MEMORY_FLOOR = 512 * MiB;
const MOST_SESSIONS = 200;
/** A run with all its clients opens some 40; those of others that are about to start count too. */
const DESCRIPTOR_FLOOR = 100;

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

/** Gives out places. What runs in one, and as whom, is not its business. */
export class Capacity {
  readonly size: number;
  #used = 0;
  readonly #resources: Resources;

  /**
   * @param most the most sessions that the operator and the isolation allow
   */
  constructor(most: number, resources: Resources = ownResources()) {
    const byMemory = Math.floor((resources.memory() - MEMORY_FLOOR) / SESSION_MEMORY);
    this.size = Math.max(1, Math.min(most, byMemory, MOST_SESSIONS));
    this.#resources = resources;
  }

  /** Sessions running now. */
  get used(): number {
    return this.#used;
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
    if (this.#used < this.size) return undefined;
    const runs = this.size === 1 ? 'one run is' : `${this.size} runs are`;
    return `All places are taken: ${runs} going on.`;
  }

  /** Takes a place. @returns why there is none, in words, or undefined */
  take(): string | undefined {
    const shortage = this.shortage;
    if (shortage === undefined) this.#used++;
    return shortage;
  }

  /** Gives a place back. */
  release(): void {
    this.#used--;
  }
}
