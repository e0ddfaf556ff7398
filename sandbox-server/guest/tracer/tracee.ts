/**
 * Makes a process of Node one that is traced, before anything of its program runs. The filter of a sandbox
 * refuses what a tracer needs, so a tracer’s sandbox has one that doesn’t, and the program is put under the
 * one that it would have anywhere else. From then on it can do no more than any other program.
 */
import { closeSync, readFileSync, readSync } from 'node:fs';
import { BEGIN, FILTER_VARIABLE, TRACED_VARIABLE } from './handshake.ts';

const SYS_SECCOMP = process.arch === 'x64' ? 317 : 277;
const SECCOMP_SET_MODE_FILTER = 1;
/** All threads get the filter, those of V8 too. */
const SECCOMP_FILTER_FLAG_TSYNC = 1;
/** `struct sock_filter`, and `struct sock_fprog`: how many there are, and where. */
const INSTRUCTION_SIZE = 8;
const PROGRAM_SIZE = 16;
const PROGRAM_ADDRESS = 8;

/** Waits for the tracer, puts up the filter, and says that the program begins. */
export async function becomeTraced(): Promise<void> {
  const { [TRACED_VARIABLE]: descriptor = '', [FILTER_VARIABLE]: filter } = process.env;
  for (const name of [TRACED_VARIABLE, FILTER_VARIABLE]) Reflect.deleteProperty(process.env, name);
  const pipe = Number(descriptor);
  const told = readSync(pipe, Buffer.alloc(1));
  closeSync(pipe);
  // Its tracer has ended before it began, and ends the sandbox with it.
  if (told === 0) process.exit(1);
  if (filter !== undefined) await putUp(readFileSync(filter));
  process.kill(process.pid, BEGIN);
}

async function putUp(filter: Buffer): Promise<void> {
  const { default: koffi } = await import('koffi');
  const syscall: (number: number, mode: number, flags: number, program: Uint8Array) => number =
    koffi
      .load(null)
      .func('intptr_t syscall(intptr_t number, intptr_t mode, intptr_t flags, void *program)');
  const program = Buffer.alloc(PROGRAM_SIZE);
  program.writeUInt16LE(filter.length / INSTRUCTION_SIZE, 0);
  program.writeBigUInt64LE(koffi.address(filter), PROGRAM_ADDRESS);
  const result = syscall(SYS_SECCOMP, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program);
  // Without it nothing may run.
  if (result !== 0) throw new Error(`seccomp returned ${result}, errno ${koffi.errno()}`);
}
