/** The sandbox service: everything behind the WebSocket, for the server and for `astro dev` alike. */
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { availableMemory, Capacity, ownResources } from './capacity.ts';
import type { Config } from './config.ts';
import { keepFromChildren } from './descriptors.ts';
import { EditChecker } from './edits/edit-checker.ts';
import { editsNotice, editsWarning, refuseEditsOfStrangers } from './edits/permission.ts';
import { GaugeReader } from './instruments/gauge-reader.ts';
import { Gateway } from './session/gateway.ts';
import { WarmSandbox } from './session/warm-sandbox.ts';
import { Stock, WARM_DESCRIPTORS, WARM_MEMORY, roomInMemory, usualStock } from './session/stock.ts';
import { hostsWarning } from './session/origin.ts';
import { budgetRemedy, findBudget, type BudgetName } from './isolation/budget.ts';
import { findIsolation } from './isolation/ladder.ts';
import { Shelves } from './isolation/shelves.ts';
import { Sweeper } from './isolation/sweeper.ts';
import { readFacts, remedyFor } from './isolation/remedy.ts';
import { SandboxUsers, switchesUser } from './isolation/users.ts';
import type { LoadedLab } from './labs.ts';
import type { LastResort } from './last-resort.ts';
import { eachOf, SILENT, type Log } from './log.ts';
import { Metrics, type Readiness } from './metrics/metrics.ts';
import { MEASUREMENT_TIMES } from './memory-plan.ts';
import { prepareRuntime } from './runtime.ts';

/** Node reaps only its own children, and whatever loses its parent in a container becomes pid 1’s. */
const NO_INIT =
  'This process is pid 1 and reaps no zombies: start the container with an init (docker run --init, podman run --init).';

function stockText(wanted: number): string {
  return wanted === 0 ? 'none kept ready' : `${wanted} kept ready`;
}

/** Does something. @param undo what is done first where that throws */
async function orElse<T>(undo: () => Promise<void>, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    await undo();
    throw error;
  }
}

/** A running service. */
export interface Service {
  readonly gateway: Gateway;
  readonly capacity: Capacity;
  readonly stock: Stock<WarmSandbox>;
  readonly isolation: string;
  /** How the budget of a session is kept. */
  readonly budget: BudgetName;
  /** Whether a new session is taken now, or why not. */
  readonly readiness: Readiness;
  readonly metrics: Metrics;
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
  { log: told = SILENT, live = false }: ServiceOptions = {},
): Promise<Service> {
  keepFromChildren();
  const sweeper = await Sweeper.start();
  const runtime = prepareRuntime(switchesUser(), live ? undefined : [...labs.values()]);
  if (live) sweeper.tell('folder', runtime.path);
  const shelves = new Shelves(dirname(runtime.path), sweeper);
  const users = SandboxUsers.reserve();
  const giveBack = async (): Promise<void> => {
    shelves.close();
    runtime.release();
    users.close();
    await sweeper.close();
  };
  const probe = users.take();
  const [found, foundBudget] = await orElse(giveBack, async () => {
    const isolated = await findIsolation(runtime.path, shelves, probe, config.isolation);
    refuseEditsOfStrangers(config, isolated.isolation);
    return [isolated, await findBudget(config.limits, config.budget, sweeper)] as const;
  });
  users.release(probe, true);
  const { budget } = foundBudget;
  const isolation = budget.around(found.isolation);
  const measuring = budget.around(found.isolation, MEASUREMENT_TIMES);
  const gauges = await GaugeReader.start();
  const readiness = (): Readiness => {
    if (gateway.draining) return 'draining';
    return gateway.freePlaces > 0 ? 'ready' : 'full';
  };
  const metrics = new Metrics({
    isolation: isolation.name,
    readiness,
    places: () => capacity,
    freePlaces: () => gateway.freePlaces,
    sockets: () => gateway.sockets,
    memory: availableMemory,
    warm: () => ({ waiting: stock.size, wanted: stock.wanted }),
  });
  const log = eachOf(told, metrics);
  const computer = ownResources();
  const stock: Stock<WarmSandbox> = new Stock({
    wanted: config.warm ?? usualStock(availableParallelism(), totalmem()),
    open: (signal) => WarmSandbox.open({ isolation, users }, signal),
    places: () => gateway.freePlaces,
    memory: () => roomInMemory(computer.memory()),
    failed(error) {
      const message = `No sandbox can be kept ready, so runs start more slowly: ${error}`;
      log.write({ event: 'warning', message });
    },
    mistake: lastResort.take,
  });
  const capacity = new Capacity(Math.min(config.sessions ?? Infinity, isolation.maxSessions), {
    // What is in stock gives way to whoever comes.
    memory: () => computer.memory() + stock.size * WARM_MEMORY,
    descriptors: () => computer.descriptors() + stock.size * WARM_DESCRIPTORS,
  });
  const checker = new EditChecker({
    runtime: runtime.path,
    users,
    mistake: lastResort.take,
    failed(why) {
      const message = `The process that checks readers’ programs can’t be started, so these programs are not run: ${why}`;
      log.write({ event: 'warning', message });
    },
  });
  const gateway: Gateway = new Gateway({
    ...{
      config,
      labs,
      isolation,
      measuring,
      users,
      stock,
      runtime,
      capacity,
      gauges,
      lastResort,
      log,
      checker,
    },
  });
  const { failures } = found;
  const [worst] = failures;
  const unnamed = hostsWarning(config.host, config.hosts);
  const warnings = [
    ...failures.map((failure) => `Not used: ${failure}`),
    ...(worst === undefined ? [] : [`For the safest isolation: ${remedyFor(worst, readFacts())}`]),
    ...[users.warning, sweeper.warning].filter((warning) => warning !== undefined),
    ...(process.pid === 1 ? [NO_INIT] : []),
    ...(unnamed === undefined ? [] : [unnamed]),
    ...editsWarning(config.edits, isolation),
  ];
  const notices = [
    `Isolation: ${isolation.description}`,
    `Edits: ${editsNotice(config.edits, isolation)}`,
    `io_uring: ${config.ioUring ? 'for labs that show it, in the book’s own programs' : 'off, labs that show it run on epoll'}`,
    `Budget: ${budget.description}`,
    ...(budget.name === 'watch' ? budgetRemedy(foundBudget.failures) : []),
    `Capacity: ${capacity.size} ${capacity.size === 1 ? 'run' : 'runs'} at once, ${stockText(stock.wanted)}`,
  ];
  return {
    ...{ gateway, capacity, stock, metrics, warnings, notices },
    ...{ isolation: isolation.name, budget: budget.name },
    get readiness() {
      return readiness();
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
      await Promise.all([gateway.close(), stock.close(), checker.close()]);
      metrics.close();
      await gauges.close();
      await budget.close();
      await giveBack();
    },
  };
}
