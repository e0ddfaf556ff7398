/** The sandbox service: everything behind the WebSocket, for the server and for `astro dev` alike. */
import { Capacity, switchesUser } from './capacity.ts';
import type { Config } from './config.ts';
import { keepFromChildren } from './descriptors.ts';
import { GaugeReader } from './instruments/gauge-reader.ts';
import { Gateway } from './session/gateway.ts';
import { findIsolation } from './isolation/ladder.ts';
import type { LoadedLab } from './labs.ts';
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
 * @param labs the labs that can be run, by id
 * @throws Error with what to do about it
 */
export async function startService(
  config: Config,
  lastResort: LastResort,
  labs: ReadonlyMap<string, LoadedLab>,
): Promise<Service> {
  keepFromChildren();
  const switches = switchesUser();
  const runtime = prepareRuntime(switches);
  const probe = new Capacity(1).take();
  if ('full' in probe) throw new Error(probe.full);
  const { isolation, failures } = await findIsolation(runtime.path, probe, config.isolation);
  const capacity = new Capacity(Math.min(config.sessions ?? Infinity, isolation.maxSessions));
  const gauges = new GaugeReader();
  const gateway = new Gateway({
    ...{ config, labs, isolation, runtime, capacity, gauges, lastResort },
  });
  const notices = [
    ...failures.map((failure) => `Not used: ${failure}`),
    ...(failures.length > 0 ? [`For the safest isolation: ${remedy(failures)}`] : []),
    `Isolation: ${isolation.description}`,
    `Capacity: ${capacity.size} ${capacity.size === 1 ? 'run' : 'runs'} at once`,
  ];
  return {
    ...{ gateway, capacity, isolation: isolation.name, notices },
    async close() {
      await gateway.close();
      await gauges.close();
    },
  };
}

function remedy(failures: readonly string[]): string {
  return failures.some((failure) => failure.includes('bwrap ENOENT'))
    ? 'apt-get install bubblewrap'
    : 'let users make user namespaces, see “Host it” in the README';
}
