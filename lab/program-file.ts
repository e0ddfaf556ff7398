/** The name of a program’s file in its lab’s folder, as a lab’s author writes it. Pure. */
import * as z from 'zod';
import { PROGRAM_FILE_PATTERN } from '../protocol/messages.ts';

/** The schema of it: a name that a reader’s edit of the file could not be sent with is refused with the lab. */
export const programFile = z
  .string()
  .regex(
    PROGRAM_FILE_PATTERN,
    'name a TypeScript file of the lab’s own folder, as server.ts: lower-case letters, digits and hyphens, 60 at most before .ts',
  );
