/** One hue for each client, in all panes, the timeline and the source. Pure. */
import { CLIENT_NAMES } from './client-names.ts';

/** How many hues there are: `--client-1` to `--client-8`. */
export const CLIENT_HUES = CLIENT_NAMES.length;

/** The number of a client’s hue, from 1. */
export function clientHue(name: string): number {
  const known = CLIENT_NAMES.indexOf(name);
  if (known >= 0) return known + 1;
  let sum = 0;
  for (let index = 0; index < name.length; index += 1) sum += name.charCodeAt(index);
  return (sum % CLIENT_HUES) + 1;
}

/** The custom property with it, as a value. */
export function clientColour(name: string): string {
  return `var(--client-${clientHue(name)})`;
}
