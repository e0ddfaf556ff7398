/** The sandbox service: everything behind the WebSocket, for the server and for `astro dev` alike. */
import { CONTENT } from '../project.ts';
import { Capacity, switchesUser } from './capacity.ts';
import type { Config } from './config.ts';
import { keepFromChildren } from './descriptors.ts';
import { GaugeReader } from './instruments/gauge-reader.ts';
import { Gateway, type Refusal } from './session/gateway.ts';
import { hostsWarning } from './session/origin.ts';
import { findIsolation } from './isolation/ladder.ts';
import { loadLabs } from './labs.ts';
import type { LastResort } from './last-resort.ts';
import { prepareRuntime } from './runtime.ts';

/** A running service. */
export interface Service {
  readonly gateway: Gateway;
  readonly capacity: Capacity;
  readonly isolation: string;
  /** Lines for the operator. */
  readonly notices: readonly string[];
  /** Ends every session; resolves when nothing of them is left. */
  close(): Promise<void>;
}

/**
 * Starts the service.
 * @param lastResort takes what goes wrong in a session and nobody caught
 * @param content the folder with the labs
 * @param lab only the lab with this id
 * @throws Error with what to do about it
 */
export async function startService(
  config: Config,
  lastResort: LastResort,
  content: string = CONTENT,
  lab?: string,
): Promise<Service> {
  keepFromChildren();
  const switches = switchesUser();
  const runtime = prepareRuntime(switches);
  const labs = await loadLabs(content, lab);
  const probe = new Capacity(1).take();
  if ('full' in probe) throw new Error(probe.full);
  const { isolation, failures } = await findIsolation(runtime.path, probe, config.isolation);
  const capacity = new Capacity(Math.min(config.sessions ?? Infinity, isolation.maxSessions));
  const gauges = new GaugeReader();
  const gateway = new Gateway({
    ...{ config, labs, isolation, runtime, capacity, gauges, lastResort },
    refused: tellRefusal,
  });
  const warning = hostsWarning(config.host, config.hosts);
  const notices = [
    ...failures.map((failure) => `Not used: ${failure}`),
    ...(failures.length > 0 ? [`For the safest isolation: ${remedy(failures)}`] : []),
    `Isolation: ${isolation.description}`,
    `Capacity: ${capacity.size} ${capacity.size === 1 ? 'run' : 'runs'} at once`,
    ...(warning === undefined ? [] : [warning]),
  ];
  return {
    ...{ gateway, capacity, isolation: isolation.name, notices },
    async close() {
      await gateway.close();
      await gauges.close();
    },
  };
}

function tellRefusal({ why, origin = 'none', address = 'nobody' }: Refusal): void {
  console.error(`Refused a WebSocket of ${address}, origin ${JSON.stringify(origin)}: ${why}`);
}

function remedy(failures: readonly string[]): string {
  return failures.some((failure) => failure.includes('bwrap ENOENT'))
    ? 'apt-get install bubblewrap'
    : 'let users make user namespaces, see “Host it” in the README';
}
