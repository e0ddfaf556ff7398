/** Measures what a pass of a loop costs: the lab’s program does, and says so in lines. */
import type { MeasureRecord } from '../../../protocol/measure-feed.ts';
import { CheckedProgram, type ProgramCommand } from '../check/checked-program.ts';
import { reasonWith } from './words.ts';

/** How long one series may take, in milliseconds: far more than any of ours. */
const PATIENCE = 60_000;
const PASS = /^(\d{1,5}) descriptors: (\d{1,9}(?:\.\d{1,6})?) µs a pass$/;

/** That it can watch no more, and why. */
const END = /^\d{1,5} descriptors: not with [a-z]+\. (.+)$/;

/** Why a line says that a series ends; undefined for any other line. */
export function readEnd(line: string): string | undefined {
  return END.exec(line)?.[1];
}

/** What a line says of a pass; undefined for any other line. */
export function readPass(line: string): { descriptors: number; micros: number } | undefined {
  const [, descriptors, micros] = PASS.exec(line) ?? [];
  if (descriptors === undefined || Number(descriptors) === 0) return undefined;
  return { descriptors: Number(descriptors), micros: Number(micros) };
}

/**
 * Runs the program once for a series.
 * @param command how to start it, its arguments included
 * @param told takes what was found, as it comes
 * @param said takes each line that the program prints
 */
export async function measurePasses(
  command: ProgramCommand,
  series: string,
  busy: number,
  told: (record: MeasureRecord) => void,
  said: (line: string) => void,
): Promise<void> {
  told({ type: 'measure', state: 'began', series });
  let heard = 0;
  let found = 0;
  const over = Promise.withResolvers<void>();
  const look = (program: CheckedProgram): void => {
    const { lines } = program;
    for (const line of lines.slice(heard)) {
      said(line);
      const end = readEnd(line);
      if (end !== undefined) {
        told({ type: 'measure', state: 'skipped', series, why: reasonWith(end, []) });
      }
      const pass = readPass(line);
      if (!pass) continue;
      found += 1;
      told({ type: 'measure', state: 'passed', series, busy, ...pass });
    }
    heard = lines.length;
    if (program.over) over.resolve();
  };
  await using program = new CheckedProgram(command, () => look(program));
  const limit = setTimeout(over.resolve, PATIENCE);
  await over.promise;
  clearTimeout(limit);
  look(program);
  if (found > 0 && program.exitCode === 0) return;
  const why = program.over
    ? `The program ${program.endInWords}.`
    : `It has not ended within ${PATIENCE / 1000} seconds.`;
  told({ type: 'measure', state: 'skipped', series, why: reasonWith(why, program.lines) });
}
