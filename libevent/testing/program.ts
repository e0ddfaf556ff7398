import { spawnSync } from 'node:child_process';

/** Seconds that a program may take; a busy machine needs some of them. */
const LIMIT = 60;

export interface ProgramEnd {
  readonly status: number | null;
  /** The signal that ended it, if one did. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the text of a program in a process of its own, which can fork, and waits for its end.
 *
 * timeout(1) kills it together with its children, and does so too if the test that waits was cut off.
 *
 * @param text - an ECMAScript module
 * @param flags - what Node is told
 */
export function runProgram(text: string, flags = ['--single-threaded']): ProgramEnd {
  const node = [process.execPath, ...flags, '--input-type=module', '--eval', text];
  return spawnSync('timeout', ['--signal=KILL', String(LIMIT), ...node], { encoding: 'utf8' });
}
