/** What of a lab’s definition the player and the page ask for. Pure. */
import type { Lab } from '../../content/lab.ts';
import type { Scenario } from '../../content/scenario.ts';

/** The clients that connect by themselves. */
export function castOf(lab: Lab): string[] {
  return lab.clients.filter(({ later }) => !later).map(({ name }) => name);
}

/** The scenario to play when the server program runs in this way. */
export function scenarioOf(lab: Lab, way: string | undefined): Scenario {
  return lab.server.ways?.find(({ name }) => name === way)?.scenario ?? lab.scenario;
}
