/** How a lab's definition gets from `Lab.astro` to the browser: as JSON in the page. */
import type { Lab } from '../../lab/definition.ts';
import type { Recorded } from '../../lab/recorded.ts';

/** Writes a definition so that it can stand in a `<script type="application/json">`. */
export function writeDefinition(lab: Lab): string {
  return write(lab);
}

/** Writes a recording likewise. */
export function writeRecorded(recorded: Recorded): string {
  return write(recorded);
}

function write(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/**
 * The schema has checked it when the page was built, from the same sources as this code; here only
 * a page that is not what it was built as is noticed, without the schema's weight.
 */
function isDefinition(value: unknown): value is Lab {
  return typeof value === 'object' && value !== null && 'id' in value && 'scenario' in value;
}

/** Reads what {@link writeDefinition} wrote. */
function readDefinition(json: string): Lab {
  const value: unknown = JSON.parse(json);
  if (!isDefinition(value)) throw new Error('The page holds no lab definition.');
  return value;
}

function isRecorded(value: unknown): value is Recorded {
  return typeof value === 'object' && value !== null && 'date' in value && 'series' in value;
}

/** What was recorded for the lab in this section, if anything was. */
export function recordedIn(section: Element): Recorded | undefined {
  const json = section.querySelector('script[data-recorded]')?.textContent;
  if (json === undefined) return undefined;
  const value: unknown = JSON.parse(json);
  if (!isRecorded(value)) throw new Error('The page holds no recording.');
  return value;
}

/** The definition of the lab in this section. */
export function definitionIn(section: Element): Lab {
  const json = section.querySelector('script[type="application/json"]:not([data-recorded])');
  return readDefinition(json?.textContent ?? '');
}
