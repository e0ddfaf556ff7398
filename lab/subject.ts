/** Whom a step of a scenario is about: whose terminal a reader should see. Pure. */
import type { Lab } from './definition.ts';
import type { Scenario, Step } from './scenario.ts';

/** The name of the terminal that a step acts in; of one without an action, that it watches first. */
export function subjectOf({ action, expect }: Pick<Step, 'action' | 'expect'>): string | undefined {
  // A crowd has no terminal: what becomes of the server is to be seen.
  const part = action && !('crowd' in action) ? action : expect.at(0);
  if (!part) return undefined;
  return 'client' in part ? part.client : part.program;
}

/**
 * The client that a reader may begin with: the first that the scenario types with, of those who connect
 * by themselves.
 */
export function beginnerOf(lab: Pick<Lab, 'clients'>, scenario: Scenario): string | undefined {
  const connected = lab.clients.filter(({ later }) => !later).map(({ name }) => name);
  for (const { action } of scenario) {
    if (action && 'types' in action && 'client' in action && connected.includes(action.client)) {
      return action.client;
    }
  }
  return connected[0];
}
