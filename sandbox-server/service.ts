/** The sandbox service: everything behind the WebSocket, for the server and for `astro dev` alike. */
import { Capacity, switchesUser } from './capacity.ts';
import type { Config } from './config.ts';
import { keepFromChildren } from './descriptors.ts';
import { GaugeReader } from './instruments/gauge-reader.ts';
import { Gateway } from './session/gateway.ts';
import { hostsWarning } from './session/origin.ts';
import { budgetRemedy, findBudget } from './isolation/budget.ts';
import { findIsolation } from './isolation/ladder.ts';
import { readFacts, remedyFor } from './isolation/remedy.ts';
import type { LoadedLab } from './labs.ts';
import type { LastResort } from './last-resort.ts';
import { SILENT, type Log } from './log.ts';
import { prepareRuntime } from './runtime.ts';

/** Node reaps only its own children, and whatever loses its parent in a container becomes pid 1’s. */
const NO_INIT =
  'This process is pid 1 and reaps no zombies: start the container with an init (docker run --init, podman run --init).';

/** A running service. */
export interface Service {
  readonly gateway: Gateway;
  readonly capacity: Capacity;
  readonly isolation: string;
  /** Whether a new session is taken now, or why not. */
  readonly readiness: 'ready' | 'draining' | 'full';
  /** What the operator should change. */
  readonly warnings: readonly string[];
  /** Lines for the operator. */
  readonly notices: readonly string[];
  /**
   * Takes no new session, and lets those that run go on for as long as the settings say. Resolves when
   * none is left, or that time is over.
   */
  drain(): Promise<void>;
  /** Ends every session; resolves when nothing of them is left. */
  close(): Promise<void>;
}

/** What a service has where it is not the project’s own. */
export interface ServiceOptions {
  /** Whether a lab is run as it is when it is run, for an author, and not as it is now. */
  readonly live?: boolean;
  /** Takes what an operator should know. */
  readonly log?: Log | undefined;
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
  { log = SILENT, live = false }: ServiceOptions = {},
): Promise<Service> {
  keepFromChildren();
  const switches = switchesUser();
  const runtime = prepareRuntime(switches, live ? undefined : [...labs.values()]);
  const probe = new Capacity(1).take();
  if ('full' in probe) throw new Error(probe.full);
  const { isolation: plain, failures } = await findIsolation(runtime.path, probe, config.isolation);
  const { budget, failures: budgetFailures } = await findBudget(config.limits, config.budget);
  const isolation = budget.around(plain);
  const capacity = new Capacity(Math.min(config.sessions ?? Infinity, isolation.maxSessions));
  const gauges = await GaugeReader.start();
  const gateway = new Gateway({
    ...{ config, labs, isolation, runtime, capacity, gauges, lastResort, log },
  });
  const [worst] = failures;
  const unnamed = hostsWarning(config.host, config.hosts);
  const warnings = [
    ...failures.map((failure) => `Not used: ${failure}`),
    ...(worst === undefined ? [] : [`For the safest isolation: ${remedyFor(worst, readFacts())}`]),
    ...(process.pid === 1 ? [NO_INIT] : []),
    ...(unnamed === undefined ? [] : [unnamed]),
  ];
  const notices = [
    `Isolation: ${isolation.description}`,
    `Budget: ${budget.description}`,
    ...(budget.name === 'watch' ? budgetRemedy(budgetFailures) : []),
    `Capacity: ${capacity.size} ${capacity.size === 1 ? 'run' : 'runs'} at once`,
  ];
  return {
    ...{ gateway, capacity, isolation: isolation.name, warnings, notices },
    get readiness() {
      if (gateway.draining) return 'draining';
      return capacity.shortage === undefined ? 'ready' : 'full';
    },
    async drain() {
      const { runs, over } = gateway.drain(config.drain);
      log.write({ event: 'drain', seconds: config.drain, runs });
      const time = Promise.withResolvers<void>();
      const timer = setTimeout(time.resolve, config.drain * 1000);
      await Promise.race([over, time.promise]);
      clearTimeout(timer);
    },
    async close() {
      await gateway.close();
      await gauges.close();
      await budget.close();
      runtime.release();
    },
  };
}
