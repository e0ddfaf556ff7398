/** What `guest/check/main.ts` is started with to check a program of an exercise. */
import { FORK_FLAGS, type Lab } from '../lab/definition.ts';

/** What is checked, and where. */
export interface CheckTarget {
  /** The path of the lab’s `check.ts`. */
  readonly check: string;
  /** The path of the program. */
  readonly program: string;
  /** Where the program is to listen: in a sandbox the lab’s own port. */
  readonly port: number;
}

/** How many descriptors a checker may have open: it is a hundred clients and more. */
export const CHECKER_DESCRIPTORS = 1024;

/** The arguments of the checker. */
export function checkArguments(
  { server }: Lab,
  { check, program, port }: CheckTarget,
  seed: number | null = null,
): string[] {
  const flags = server.forks ? FORK_FLAGS : [];
  return [
    ...['--check', check, '--program', program, '--port', String(port)],
    ...['--ready', server.ready.replace(String(server.port), String(port))],
    ...['--descriptors', String(server.descriptors)],
    ...flags.map((flag) => `--flag=${flag}`),
    ...(seed === null ? [] : ['--seed', String(seed)]),
  ];
}
