/**
 * What a process that waits in a sandbox is told: which program to become. All of it is what a process
 * is started with anyway, so none of it has a NUL in it: execve(2).
 */

/** What the process prints on its terminal when it has loaded everything and waits. */
export const WAITING = 0x06;

/** What programs need, so that a process loads it before it waits: `library` or that of our clients. */
export const PREPARATIONS = ['library', 'client'] as const;
/** One of them. */
export type Preparation = (typeof PREPARATIONS)[number];

/** What a process is to become. */
export interface Instruction {
  /** The file of the program, relative to where the process is. */
  readonly program: string;
  readonly args: readonly string[];
  /** How many descriptors it may have open: RLIMIT_NOFILE of getrlimit(2). */
  readonly maxDescriptors: number;
  /** How many processes and threads it may have, if that is fewer than any program: RLIMIT_NPROC. */
  readonly maxProcesses?: number | undefined;
  /** Variables beyond those it was started with. */
  readonly environment: Readonly<Record<string, string>>;
}

/** An instruction in bytes. */
export function encodeInstruction(instruction: Instruction): Uint8Array {
  const { program, args, maxDescriptors, maxProcesses = '', environment } = instruction;
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const limits = `${maxDescriptors} ${maxProcesses}`;
  const fields = [program, limits, String(args.length), ...args, ...variables];
  return new TextEncoder().encode(fields.join('\0'));
}

/** The instruction that some bytes are; undefined if it has been cut short, or there is none. */
export function decodeInstruction(bytes: Uint8Array): Instruction | undefined {
  const [program, limits = '', count, ...rest] = new TextDecoder().decode(bytes).split('\0');
  if (program === undefined || program === '' || count === undefined) return undefined;
  const args = rest.slice(0, Number(count));
  if (args.length < Number(count)) return undefined;
  const environment = Object.fromEntries(
    rest.slice(args.length).map((variable): [string, string] => {
      const at = variable.indexOf('=');
      return [variable.slice(0, at), variable.slice(at + 1)];
    }),
  );
  const [descriptors, processes = ''] = limits.split(' ');
  return {
    ...{ program, args, environment, maxDescriptors: Number(descriptors) },
    ...(processes !== '' && { maxProcesses: Number(processes) }),
  };
}
