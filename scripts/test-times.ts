/** How long each unit test's file took when it last ran: for `npm run check`, which has little time. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { ROOT } from '../project.ts';

const FILE = join(ROOT, 'node_modules', '.cache', 'test-times.json');
const content = z.record(z.string(), z.number());

/** Milliseconds, by file from the project's folder; of files that have not run here nothing. */
export function readTimes(): ReadonlyMap<string, number> {
  try {
    return new Map(Object.entries(content.parse(JSON.parse(readFileSync(FILE, 'utf8')))));
  } catch {
    // A cache: it may have gone, with all of node_modules.
    return new Map();
  }
}

/** Adds what was measured to what is known. */
export function rememberTimes(times: ReadonlyMap<string, number>): void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify(Object.fromEntries([...readTimes(), ...times])));
}
