/**
 * A gate keeps a process of a sandbox from going on until the server has done for it what it must: put it
 * into its session’s group, say. Until then it is a shell that waits for a line.
 */
import type { ChildProcess } from 'node:child_process';
import { Writable } from 'node:stream';
import { FIRST_DESCRIPTOR } from '../descriptors.ts';
import type { Launch, Started } from './launch.ts';

/**
 * The command that waits, and then becomes its arguments. The descriptor is closed by then.
 * @param descriptor where the line comes; 0 is left open, for what comes after
 */
export function afterGate(descriptor: number): string[] {
  const close = descriptor === 0 ? '' : `${descriptor}<&- `;
  // No line comes when the server has ended or failed, and then nothing must run.
  return ['sh', '-c', `read -r _ <&${descriptor} && exec ${close}"$@"`, 'sh'];
}

/**
 * Opens the gate of a process that has just been spawned, once `started` is done with it.
 * @param gate the number of its descriptor in the process
 * @param failed called when it is not to run; it ends by itself then
 */
export function openGate(
  child: ChildProcess,
  gate: number,
  started: Started,
  failed: (error: unknown) => void,
): void {
  const pipe = child.stdio.at(gate);
  if (child.pid === undefined || !(pipe instanceof Writable)) return;
  pipe.on('error', () => {});
  // What it throws, and what it rejects with, is the same.
  void (async (pid) => started(pid))(child.pid).then(
    () => pipe.end('\n', () => pipe.destroy()),
    (error: unknown) => {
      failed(error);
      pipe.destroy();
    },
  );
}

/** The descriptor of a launch’s gate: it comes after all others. */
export function gateOf({ descriptors, feed }: Pick<Launch, 'descriptors' | 'feed'>): number {
  return FIRST_DESCRIPTOR + descriptors.length + (feed ? 1 : 0);
}
