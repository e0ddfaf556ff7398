/** Lines of a lab’s program as its page shows them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutRegionMarks } from '../lab/regions.ts';
import { LABS } from './labs.ts';

/** The text of a program, without the marks of its regions. */
export function shownProgram(lab: string, file = 'server.ts'): string {
  const folder = LABS.get(lab)?.folder;
  if (folder === undefined) throw new Error(`There is no lab “${lab}”.`);
  return withoutRegionMarks(readFileSync(join(folder, file), 'utf8'));
}

/** The number, from 1, of the first line that has this in it. */
export function findLine(text: string, part: string): number {
  const index = text.split('\n').findIndex((line) => line.includes(part));
  if (index < 0) throw new Error(`No line has “${part}”.`);
  return index + 1;
}
