/**
 * Checks the programs that readers wrote before anything runs: are they programs, and do they import only
 * what there is? Bounded in every way: a text that takes long costs its own reader a run, and others a moment.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isBuiltin } from 'node:module';
import { MAX_FAULTS, type Edit, type Fault } from '../../protocol/messages.ts';
import { importProblem, type Importable } from '../../lab/imports.ts';
import type { SandboxUsers } from '../isolation/users.ts';
import { CheckProcess, type Readings } from './check-process.ts';

/** So many are checked at once, each in a process. */
const MOST_AT_ONCE = 2;
/** So many wait for that, and so many of one reader’s. */
const MOST_WAITING = 32;
const MOST_OF_ONE = 8;

/** A program that a reader wrote, ready to run. */
export interface CheckedEdit {
  /** Its file in the lab’s folder. */
  readonly file: string;
  /** Without its types, in UTF-8. */
  readonly code: Buffer;
}

/** What came of a check. */
export type Checked =
  | { readonly kind: 'fine'; readonly edits: readonly CheckedEdit[] }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }
  /** They could not be checked, in words for the reader. */
  | { readonly kind: 'unchecked'; readonly message: string };

const TOO_COSTLY: Checked = {
  kind: 'unchecked',
  message: 'Reading your program takes too much time or memory, so it was not run. Make it simpler',
};
const NOT_READ: Checked = {
  kind: 'unchecked',
  message:
    'Your program could not be read here, so it was not run. That is the server’s fault, not yours. Run it again later',
};
const TOO_MANY: Checked = {
  kind: 'unchecked',
  message: 'Too many programs are being read at once. Run yours again in a moment',
};
const CLOSED: Checked = { kind: 'unchecked', message: 'The server is being shut down' };

/** What a checker works with. */
export interface EditCheckerSetting {
  /** The runtime folder. */
  readonly runtime: string;
  readonly users: SandboxUsers;
  /** Takes what went wrong by a mistake of the server’s, or for want of something. */
  readonly mistake: (error: unknown) => void;
  /**
   * Told why no process can read, in words for the operator: once, and again only after one could. Readers
   * try again and again.
   */
  readonly failed: (why: string) => void;
}

/** What came of a question: `costly` if it took more than it may, `unread` if nobody could read it. */
type Answer = Readings | 'costly' | 'unread';

interface Question {
  readonly reader: string;
  readonly texts: readonly string[];
  readonly answer: (answer: Answer) => void;
}

/** Checks programs. */
export class EditChecker {
  readonly #setting: EditCheckerSetting;
  /** The processes are everybody’s, whoever it was that was waited for when one was started. */
  readonly #onNobodysBehalf = AsyncLocalStorage.snapshot();
  readonly #waiting: Question[] = [];
  /** The readers whose programs are being read. */
  readonly #reading = new Set<string>();
  /** Processes that have nothing to do. */
  readonly #idle: CheckProcess[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #processes = new Set<CheckProcess>();
  #closed = false;
  /** Whether the operator knows that no process could read lately. */
  #hasFailed = false;

  constructor(setting: EditCheckerSetting) {
    this.#setting = setting;
  }

  /**
   * Checks edits of a lab. Never rejects.
   * @param reader whose they are: of one reader’s, one after another is read
   * @param lab what programs of the lab can import
   * @param left aborted when nobody waits for the answer any more: then nobody has to wait behind it either
   */
  async check(
    reader: string,
    edits: readonly Edit[],
    lab: Omit<Importable, 'isBuiltin'>,
    left?: AbortSignal,
  ): Promise<Checked> {
    if (this.#closed) return CLOSED;
    const own = this.#waiting.filter((question) => question.reader === reader);
    if (this.#waiting.length >= MOST_WAITING || own.length >= MOST_OF_ONE) return TOO_MANY;
    // JavaScript reads all ends of lines as one, in the texts of programs too.
    const texts = edits.map(({ text }) => text.replaceAll(/\r\n?/g, '\n'));
    const answer = await new Promise<Answer>((resolve) => {
      const question: Question = { reader, texts, answer: resolve };
      this.#waiting.push(question);
      left?.addEventListener('abort', () => {
        const at = this.#waiting.indexOf(question);
        if (at < 0) return;
        this.#waiting.splice(at, 1);
        resolve('unread');
      });
      this.#next();
    });
    if (this.#isClosed()) return CLOSED;
    if (answer === 'unread') return NOT_READ;
    return answer === 'costly' ? TOO_COSTLY : judge(edits, answer, lab);
  }

  /** Ends what it has started, and resolves when that is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { answer } of this.#waiting.splice(0)) answer('unread');
    for (const process of this.#processes) process.kill();
    await Promise.all([...this.#processes].map(({ gone }) => gone));
    await Promise.all(this.#working);
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  /** Has the next question answered that can be. */
  #next(): void {
    if (this.#working.size >= MOST_AT_ONCE) return;
    const at = this.#waiting.findIndex(({ reader }) => !this.#reading.has(reader));
    const [question] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (!question) return;
    this.#reading.add(question.reader);
    const work = this.#onNobodysBehalf(() => this.#answer(question)).finally(() => {
      this.#working.delete(work);
      this.#reading.delete(question.reader);
      this.#next();
    });
    this.#working.add(work);
    this.#next();
  }

  async #answer({ texts, answer }: Question): Promise<void> {
    let came: Answer = 'unread';
    try {
      const process = this.#ready() ?? (await this.#start());
      if (process) {
        came = (await process.read(texts)) ?? 'costly';
        if (!process.isGone) this.#idle.push(process);
      }
    } catch (error) {
      this.#setting.mistake(error);
    }
    answer(came);
  }

  #ready(): CheckProcess | undefined {
    for (let one = this.#idle.pop(); one; one = this.#idle.pop()) if (!one.isGone) return one;
    return undefined;
  }

  async #start(): Promise<CheckProcess | undefined> {
    const { runtime, users } = this.#setting;
    const user = users.take();
    let process: CheckProcess;
    try {
      process = new CheckProcess({ runtime, user });
    } catch (error) {
      users.release(user, true);
      throw error;
    }
    this.#processes.add(process);
    void process.gone.then(() => {
      this.#processes.delete(process);
      users.release(user, true);
    });
    const why = await process.loaded;
    if (why === undefined) {
      this.#hasFailed = false;
      return process;
    }
    if (!this.#hasFailed && !this.#closed) {
      this.#hasFailed = true;
      this.#setting.failed(why);
    }
    return undefined;
  }
}

/** Whether programs can be run, as they were read. */
function judge(
  edits: readonly Edit[],
  readings: Readings,
  { files, connects }: Omit<Importable, 'isBuiltin'>,
): Checked {
  const fine: CheckedEdit[] = [];
  const faults: Fault[] = [];
  for (const [index, reading] of readings.entries()) {
    const file = edits[index]?.file ?? '';
    if (reading.kind !== 'program') {
      faults.push({ file, ...reading.mistake });
      continue;
    }
    fine.push({ file, code: Buffer.from(reading.code) });
    const others = files.filter((each) => each !== file);
    const inOrder = reading.imports.toSorted(
      (one, other) => one.line - other.line || one.column - other.column,
    );
    for (const { specifier, line, column } of inOrder) {
      const message = importProblem(specifier, { files: others, connects, isBuiltin });
      if (message !== undefined) faults.push({ file, line, column, message });
    }
  }
  if (faults.length === 0) return { kind: 'fine', edits: fine };
  return { kind: 'faults', faults: faults.slice(0, MAX_FAULTS) };
}
