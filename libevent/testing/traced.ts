/** Programs that are traced, for tests. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { TRACE_VARIABLE } from '../sys/trace_variables.ts';

/** A record as it comes over the pipe. */
export type Line = Readonly<Record<string, unknown>>;

/** Stands for the folder of the program in the value of a variable. */
export const HERE = '{here}';

const MODULES = [
  ['sys', '../sys/index.ts'],
  ['libevent', '../index.ts'],
] as const;

/** A program that has the library as `libevent` and its calls as `sys`, traced to a pipe. */
export class Traced implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly lines: AsyncIterableIterator<string>;
  readonly #folder: string;

  constructor(program: string, environment: Readonly<Record<string, string>> = {}) {
    this.#folder = mkdtempSync(join(tmpdir(), 'traced-'));
    const file = join(this.#folder, 'program.mjs');
    // On one line, so that those of the program keep their numbers.
    const imports = MODULES.map(([name, path]) => {
      return `import * as ${name} from ${JSON.stringify(new URL(path, import.meta.url).href)};`;
    });
    writeFileSync(file, imports.join(' ') + program);
    const args = ['--single-threaded', '--disable-warning=ExperimentalWarning', file];
    const given = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replace(HERE, this.#folder)]),
    );
    this.process = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
      env: { ...process.env, [TRACE_VARIABLE]: '3', ...given },
    });
    const pipe = this.process.stdio[3];
    assert.ok(pipe instanceof Readable);
    this.lines = createInterface(pipe)[Symbol.asyncIterator]();
  }

  /** The next record, without what differs from run to run. */
  async next(): Promise<Line | null> {
    const line = await this.lines.next();
    if (line.done === true) return null;
    const record: unknown = JSON.parse(line.value);
    assert.ok(typeof record === 'object' && record !== null);
    return { ...record };
  }

  /** All that is left. */
  async rest(): Promise<Line[]> {
    const records: Line[] = [];
    for (let each = await this.next(); each !== null; each = await this.next()) records.push(each);
    return records;
  }

  /** What it prints until its end, as JSON. */
  async printed(): Promise<unknown> {
    const { stdout } = this.process;
    assert.ok(stdout !== null);
    let text = '';
    for await (const chunk of stdout) text += String(chunk);
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGKILL');
      await once(this.process, 'exit');
    }
    rmSync(this.#folder, { recursive: true });
  }
}

/** A record in one line, as strace(1) would have it. */
export function short({ type, call, args, result, error, out }: Line): string {
  if (type === 'enter') return `${String(call)}(${Array.isArray(args) ? args.join(', ') : ''})`;
  const more = [error, out].filter((each) => typeof each === 'string');
  return ['=', String(result), ...more].join(' ');
}
