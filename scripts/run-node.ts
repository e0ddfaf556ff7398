/** Runs a program of Node’s in this terminal. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs Node with these arguments, and with further variables. This process ends as that one does: with its exit code, or its signal’s.
 */
export function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): void {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  // The terminal sends its signals to the program too; this process only has to outlive it.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1);
  });
}
