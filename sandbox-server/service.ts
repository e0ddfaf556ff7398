/** The sandbox service: everything behind the WebSocket, for the server and for `astro dev` alike. */
import { CONTENT } from '../project.ts';
import { Capacity, switchesUser } from './capacity.ts';
import type { Config } from './config.ts';
import { keepFromChildren } from './descriptors.ts';
import { GaugeReader } from './instruments/gauge-reader.ts';
import { Gateway } from './session/gateway.ts';
import { findIsolation } from './isolation/ladder.ts';
import { loadLabs } from './labs.ts';
import type { LastResort } from './last-resort.ts';
import { SILENT, type Log } from './log.ts';
import { prepareRuntime } from './runtime.ts';

/** A running service. */
export interface Service {
  readonly gateway: Gateway;
  readonly capacity: Capacity;
  readonly isolation: string;
  /** Whether a new session is taken now, or why not. */
  readonly readiness: 'ready' | 'draining' | 'full';
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
  /** The folder with the labs. */
  readonly content?: string | undefined;
  /** Only the lab with this id. */
  readonly lab?: string | undefined;
  /** Whether a lab is run as it is when it is run, for an author, and not as it is now. */
  readonly live?: boolean;
  /** Takes what an operator should know. */
  readonly log?: Log | undefined;
}

/**
 * Starts the service.
 * @param lastResort takes what goes wrong in a session and nobody caught
 * @throws Error with what to do about it
 */
export async function startService(
  config: Config,
  lastResort: LastResort,
  { content = CONTENT, lab, log = SILENT, live = false }: ServiceOptions = {},
): Promise<Service> {
  keepFromChildren();
  const switches = switchesUser();
  const labs = await loadLabs(content, lab);
  const runtime = prepareRuntime(switches, live ? undefined : [...labs.values()]);
  const probe = new Capacity(1).take();
  if ('full' in probe) throw new Error(probe.full);
  const { isolation, failures } = await findIsolation(runtime.path, probe, config.isolation);
  const capacity = new Capacity(Math.min(config.sessions ?? Infinity, isolation.maxSessions));
  const gauges = new GaugeReader();
  const gateway = new Gateway({
    ...{ config, labs, isolation, runtime, capacity, gauges, lastResort, log },
  });
  const notices = [
    ...failures.map((failure) => `Not used: ${failure}`),
    ...(failures.length > 0 ? [`For the safest isolation: ${remedy(failures)}`] : []),
    `Isolation: ${isolation.description}`,
    `Capacity: ${capacity.size} ${capacity.size === 1 ? 'run' : 'runs'} at once`,
  ];
  return {
    ...{ gateway, capacity, isolation: isolation.name, notices },
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
      runtime.release();
    },
  };
}

function remedy(failures: readonly string[]): string {
  return failures.some((failure) => failure.includes('bwrap ENOENT'))
    ? 'apt-get install bubblewrap'
    : 'let users make user namespaces, see “Host it” in the README';
}
