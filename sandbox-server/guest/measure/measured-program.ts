/** A program that is measured, as whoever starts a measurement names it: an argument in JSON. */
import type { ProgramCommand } from '../check/checked-program.ts';

/** What is measured: the name of its series, and how it is started. */
export interface MeasuredProgram extends ProgramCommand {
  readonly series: string;
  /** What the terminal calls it, if not by its series. */
  readonly label?: string;
  readonly args: readonly string[];
}

/** The argument for one. */
export function measuredProgramText(program: MeasuredProgram): string {
  return JSON.stringify(program);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** Reads an argument. @throws Error if it is none of {@link measuredProgramText} */
export function readMeasuredProgram(text: string): MeasuredProgram {
  const value: unknown = JSON.parse(text);
  const claims: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  const { series, label, file, port, ready, descriptors, processes, args, flags } = claims;
  if (
    typeof series !== 'string' ||
    typeof file !== 'string' ||
    typeof port !== 'number' ||
    typeof ready !== 'string' ||
    typeof descriptors !== 'number' ||
    (label !== undefined && typeof label !== 'string') ||
    (processes !== undefined && typeof processes !== 'number') ||
    !isTexts(args) ||
    !isTexts(flags)
  ) {
    throw new Error(`this is no program to measure: ${text}`);
  }
  return {
    ...{ series, file, port, ready, descriptors, args, flags },
    ...(label !== undefined && { label }),
    ...(processes !== undefined && { processes }),
  };
}
