/**
 * Whether a program runs on io_uring(7), where its way has it do so. What is requested through a ring passes every
 * filter of system calls, so nobody gets it but programs of the book, as they are, and only while the operator
 * leaves it to them.
 */
import { chosenWay } from '../../lab/chosen-way.ts';
import type { LabProgram } from '../../lab/definition.ts';
import type { FeedItem } from '../../protocol/feed.ts';

/** What a program has of a ring: nothing that it would want, or one; or why not, in a sentence for the reader. */
export type RingPermission = 'not wanted' | 'granted' | { readonly why: string };

/** What it goes by. */
export interface RingSituation {
  /** Whether the operator lets labs have it. */
  readonly ioUring: boolean;
  /** The files of this run that are a version of the reader’s. */
  readonly edited: ReadonlySet<string>;
}

/** What a program of this way has. Whatever it imports may be the reader’s too, so that nothing of the run may be. */
export function ringPermission(
  program: LabProgram,
  way: string | undefined,
  { ioUring, edited }: RingSituation,
): RingPermission {
  if (!chosenWay(program, way)?.completes) return 'not wanted';
  if (!ioUring) {
    return {
      why: 'the operator has set READABLE_IO_URING=off',
    };
  }
  if (edited.size > 0) {
    return { why: 'io_uring isn’t for a version of yours' };
  }
  return 'granted';
}

/** What the kernel means that gives no ring: io_uring_setup(2). */
const REFUSALS: Readonly<Record<string, string>> = {
  ENOSYS: 'the kernel has no io_uring',
  EPERM: 'the computer forbids io_uring',
  EINVAL: 'the kernel is older than Linux 6.1',
  ENOMEM: 'no more memory may be locked for rings',
};

/** What a program waits in first, by which it shows what it runs on. */
const WAITS = { onRing: 'io_uring_enter', else: 'epoll_wait' } as const;

/** Listens whether a program that may have a ring got one from the kernel. */
export class RingWatch {
  readonly #lacks: (why: string) => void;
  /** Why the latest of its calls for a ring failed. */
  #error: string | undefined;
  #isDecided = false;

  /** @param lacks called once, if it goes on without: why, in words that follow “it runs on epoll:” */
  constructor(lacks: (why: string) => void) {
    this.#lacks = lacks;
  }

  /** Takes what its feed says. */
  take(item: FeedItem): void {
    if (this.#isDecided) return;
    if (item.kind === 'left' && item.name.startsWith('io_uring_')) {
      // A kernel that lacks a flag is asked again without it.
      this.#error = /^E[A-Z0-9]+$/.exec(item.result)?.[0];
    } else if (item.kind === 'entered' && item.name === WAITS.onRing) {
      this.#isDecided = true;
    } else if (item.kind === 'entered' && item.name === WAITS.else) {
      this.#isDecided = true;
      const error = this.#error ?? 'ENOSYS';
      this.#lacks(REFUSALS[error] ?? `the kernel gives it no io_uring (${error})`);
    }
  }
}
