/** Checks a scenario against the lab it is for: what a schema of the scenario alone can’t see. */
import type { Gauge } from '../sandbox-server/protocol.ts';
import type { Scenario } from './scenario.ts';

/** What of a lab a scenario refers to. */
export interface Cast {
  readonly programs: readonly {
    readonly name: string;
    readonly starts: string;
    readonly ways?: readonly { readonly name: string }[] | undefined;
  }[];
  readonly clients: readonly { readonly name: string; readonly later: boolean }[];
  readonly gauges: readonly Gauge[];
}

/** Everything that is wrong, each in a sentence that says what to do. */
export function checkScenario(lab: Cast, scenario: Scenario): string[] {
  const problems: string[] = [];
  const clients = new Set(lab.clients.filter(({ later }) => !later).map(({ name }) => name));
  const programs = new Map(lab.programs.map((program) => [program.name, program]));
  scenario.forEach(({ action, expect }, index) => {
    const problem = (message: string): void => {
      problems.push(`step ${index + 1}: ${message}`);
    };
    if (action && ('connects' in action || 'triesToConnect' in action)) clients.add(action.client);
    for (const part of [action, ...expect]) {
      if (part === undefined) continue;
      if ('client' in part && !clients.has(part.client)) {
        problem(
          `no client “${part.client}” is connected at this step: add it to clients, or let it connect in an earlier step`,
        );
      }
      if ('program' in part && part.program !== 'server' && !programs.has(part.program)) {
        const known = ['server', ...programs.keys()].map((each) => `“${each}”`).join(', ');
        problem(`there is no program “${part.program}” in this lab: there is ${known}`);
      }
      if ('gauge' in part && !lab.gauges.includes(part.gauge)) {
        problem(`the gauge “${part.gauge}” is not shown: add it to gauges`);
      }
    }
    if (action && 'starts' in action) {
      const program = programs.get(action.program);
      if (program?.starts !== 'on-demand') {
        problem(`“${action.program}” does not start on demand: say so in programs`);
      }
      const ways = program?.ways?.map(({ name }) => name);
      if (typeof action.starts === 'string' && !ways?.includes(action.starts)) {
        problem(`“${action.program}” has no way “${action.starts}”: name one of its ways`);
      }
    }
  });
  return problems;
}
