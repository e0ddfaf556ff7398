/**
 * Waits in a sandbox for a program that is not known yet. It loads what programs need, says so on its
 * terminal, and reads an instruction from a named pipe: fifo(7). Then it leaves everything as if Node had
 * been started with that program. The pipe is opened last and closed before the program runs, so that
 * the program's descriptors have the numbers that they would have otherwise.
 * Usage: wait.ts library|client PIPE
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WAITING, decodeInstruction, type Instruction } from './instruction.ts';

const STDOUT = 1;
/** getrlimit(2) */
const RLIMIT_NPROC = 6;
const RLIMIT_NOFILE = 7;

/** Lowers limits of this process: nothing that runs later can raise them again. */
type LowerLimits = (instruction: Instruction) => void;

/** Loads what a program of a lab needs, whichever it will be. */
async function loadLibrary(): Promise<LowerLimits> {
  const { default: koffi } = await import('koffi');
  // The library's own would be told of in a trace.
  const setrlimit: (resource: number, limit: BigUint64Array) => number = koffi
    .load(null)
    .func('int setrlimit(int resource, const uint64_t *limit)');
  await import('libevent-ts');
  await import('libevent-ts/sys');
  await import('node:tty');
  const lower = (resource: number, limit: number): void => {
    const most = BigInt(limit);
    if (setrlimit(resource, new BigUint64Array([most, most])) === 0) return;
    throw new Error(`setrlimit failed with errno ${koffi.errno()}`);
  };
  return ({ maxDescriptors, maxProcesses }) => {
    lower(RLIMIT_NOFILE, maxDescriptors);
    if (maxProcesses !== undefined) lower(RLIMIT_NPROC, maxProcesses);
  };
}

/** Loads what client.ts needs. Clients are started with the limit that they keep. */
async function loadClient(): Promise<LowerLimits> {
  await import('node:net');
  await import('node:tty');
  await import('../../protocol/client-feed.ts');
  await import('../../protocol/received.ts');
  await import('./line-editor.ts');
  return () => {};
}

function waitOn(pipe: string): Instruction | undefined {
  const descriptor = openSync(pipe, 'r');
  try {
    writeSync(STDOUT, Uint8Array.of(WAITING));
    return decodeInstruction(readFileSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Waits, and makes this process one that was started with the program that it is told. It is still for
 * Node to run that, as its main module.
 */
export async function becomeProgram(): Promise<void> {
  const [, , preparation, pipe = ''] = process.argv;
  const lowerLimits = await (preparation === 'client' ? loadClient() : loadLibrary());
  const instruction = waitOn(pipe);
  // The server has given it up, and is about to kill it.
  if (!instruction) process.exit(1);
  lowerLimits(instruction);
  Object.assign(process.env, instruction.environment);
  const program = resolve(instruction.program);
  process.argv.splice(1, Infinity, program, ...instruction.args);
  const hooks = registerHooks({
    resolve(_waiting, context, nextResolve) {
      hooks.deregister();
      return nextResolve(pathToFileURL(program).href, context);
    },
  });
}
