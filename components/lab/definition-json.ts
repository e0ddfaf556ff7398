/** How a lab's definition gets from `Lab.astro` to the browser: as JSON in the page. */
import type { Lab } from '../../lab/definition.ts';

/** Writes a definition so that it can stand in a `<script type="application/json">`. */
export function writeDefinition(lab: Lab): string {
  return JSON.stringify(lab).replaceAll('<', '\\u003c');
}

/**
 * The schema has checked it when the page was built, from the same sources as this code; here only
 * a page that is not what it was built as is noticed, without the schema's weight.
 */
function isDefinition(value: unknown): value is Lab {
  return typeof value === 'object' && value !== null && 'id' in value && 'scenario' in value;
}

/** Reads what {@link writeDefinition} wrote. */
export function readDefinition(json: string): Lab {
  const value: unknown = JSON.parse(json);
  if (!isDefinition(value)) throw new Error('The page holds no lab definition.');
  return value;
}
