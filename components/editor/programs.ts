/** What the editor shows that the page does not hold: the programs of a lab, as the site was built with. */
import * as z from 'zod/mini';
import { withBase } from '../base.ts';

/** As `lab/shown-programs.ts` writes it; another build’s page may ask. */
const schema = z.strictObject({
  files: z.array(
    z.strictObject({
      file: z.string(),
      text: z.string(),
      isEditable: z.boolean(),
      unshown: z.array(z.int()),
    }),
  ),
  exercise: z.optional(
    z.strictObject({
      solution: z.string(),
      change: z.strictObject({ first: z.int(), last: z.int() }),
    }),
  ),
});

/** The files of a lab, those first that it is about, and what belongs to its exercise if it is one. */
export type Programs = z.infer<typeof schema>;

/** A file of a lab. */
export type Program = Programs['files'][number];

/**
 * Fetches the programs of a lab.
 * @throws Error if they cannot be had
 */
export async function fetchPrograms(lab: string): Promise<Programs> {
  const response = await fetch(withBase(`/programs/${lab}.json`));
  if (!response.ok)
    throw new Error(`The programs of ${lab} could not be loaded: ${response.status}`);
  return schema.parse(await response.json());
}
