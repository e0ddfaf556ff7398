/** A reader’s own versions of the programs of a lab, in their browser. */
import * as z from 'zod/mini';
import { MAX_EDIT } from '../../protocol/messages.ts';

/** A reader’s own version of a program. */
export interface Kept {
  readonly text: string;
  /** The book’s program that it was made from. */
  readonly original: string;
}

/** What became of a version that was to be kept; if it is not `kept`, the page still has it. */
export type Keeping = 'kept' | 'refused' | 'full' | 'too-long';

/** The part of `localStorage` that is used, so that a test can bring its own. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The shape of what is stored. */
const VERSION = 1;
/** In UTF-16 units. Longer than a run takes, so that nothing is lost of a text that has to get shorter. */
const MOST_KEPT = 4 * MAX_EDIT;

const schema = z.strictObject({
  version: z.literal(VERSION),
  text: z.string().check(z.maxLength(MOST_KEPT)),
  original: z.string().check(z.maxLength(MOST_KEPT)),
});

/** What the keys of a lab’s versions begin with. */
function prefixOf(lab: string): string {
  return `readable:edit:${lab}:`;
}

/** What was stored, if it is what this page would store. */
function parseKept(stored: string | null): Kept | undefined {
  if (stored === null) return undefined;
  try {
    const { text, original } = schema.parse(JSON.parse(stored));
    return { text, original };
  } catch {
    return undefined;
  }
}

/** The versions of one lab’s programs. */
export class KeptEdits {
  readonly #prefix: string;
  readonly #files: readonly string[];
  readonly #shelf: Shelf | undefined;
  /** What lasts only as long as the page, or goes before what is stored. */
  readonly #held = new Map<string, Kept>();
  /** What was read last: it is asked for at each key. */
  readonly #parsed = new Map<string, { stored: string | null; kept: Kept | undefined }>();

  /**
   * @param lab its id
   * @param files the files that a reader may change
   * @param shelf where they are kept; undefined where the reader allows no storage
   */
  constructor(lab: string, files: readonly string[], shelf: Shelf | undefined) {
    this.#prefix = prefixOf(lab);
    this.#files = files;
    this.#shelf = shelf;
  }

  /** The files that a reader may change. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** The reader’s version of a file, if there is one. */
  get(file: string): Kept | undefined {
    return this.#held.get(file) ?? this.stored(file);
  }

  /** What the browser keeps of a file, whatever the page holds. */
  stored(file: string): Kept | undefined {
    try {
      const stored = this.#shelf?.getItem(this.#prefix + file) ?? null;
      const last = this.#parsed.get(file);
      if (last?.stored === stored) return last.kept;
      const kept = parseKept(stored);
      this.#parsed.set(file, { stored, kept });
      return kept;
    } catch {
      return undefined;
    }
  }

  /** Every version, as a run takes it. */
  edits(): { file: string; text: string }[] {
    return this.#files.flatMap((file) => {
      const kept = this.get(file);
      return kept && kept.text !== kept.original ? [{ file, text: kept.text }] : [];
    });
  }

  /** Has a version last as long as the page; what is stored stays as it is. */
  hold(file: string, kept: Kept): void {
    this.#held.set(file, kept);
  }

  /** Keeps a version, in the browser if that can be. */
  set(file: string, kept: Kept): Keeping {
    // Held until it is stored: nothing of it may be lost.
    this.#held.set(file, kept);
    if (!this.#shelf) return 'refused';
    const { text, original } = kept;
    if (Math.max(text.length, original.length) > MOST_KEPT) return 'too-long';
    try {
      this.#shelf.setItem(
        this.#prefix + file,
        JSON.stringify({ version: VERSION, text, original }),
      );
    } catch {
      // QuotaExceededError is all that it throws where it can be read.
      return 'full';
    }
    this.#held.delete(file);
    return 'kept';
  }

  /** Forgets the reader’s version of a file. */
  delete(file: string): void {
    this.#held.delete(file);
    try {
      this.#shelf?.removeItem(this.#prefix + file);
    } catch {
      // Then there is none.
    }
  }

  /** Which file’s version another tab has changed, by the key of a `storage` event; null: all of them. */
  filesOf(key: string | null): readonly string[] {
    return this.#files.filter((file) => key === null || key === this.#prefix + file);
  }
}
