/** What a sandbox is asked to run for a lab: its programs, each in one of its ways, and its clients. */
import { join } from 'node:path';
import { CHECK_FEED_VARIABLE } from '../../protocol/check-feed.ts';
import { CLIENT_FEED_VARIABLE } from '../../protocol/client-feed.ts';
import { CROWD_FEED_VARIABLE, MOST_CROWD } from '../../protocol/crowd-feed.ts';
import { MEASURE_FEED_VARIABLE, type MeasureOrder } from '../../protocol/measure-feed.ts';
import {
  COMPLETION,
  FORK_FLAGS,
  MOST_DESCRIPTORS,
  MOST_PROCESSES,
  type Lab,
  type LabProgram,
} from '../../lab/definition.ts';
import { OWN_SERIES, usualOrder } from '../../lab/measures.ts';
import { chosenWay, patchThatRuns } from '../../lab/chosen-way.ts';
import { descriptorLimit } from '../descriptors.ts';
import { CHECKER_DESCRIPTORS, checkArguments } from '../check-arguments.ts';
import { measuredProgramText } from '../guest/measure/measured-program.ts';
import { feedRequest } from '../instruments/instruments.ts';
import type { LaunchRequest } from '../isolation/isolation.ts';
import type { LineEditing } from '../process/pty.ts';
import type { Role } from '../../protocol/messages.ts';
import type { Runtime } from '../runtime.ts';

/** How many descriptors a client may have open. */
export const CLIENT_DESCRIPTORS = 128;
/** How many a crowd may have open: one for each of its clients, and what Node needs for itself. */
const CROWD_DESCRIPTORS = Math.min(MOST_CROWD + 64, descriptorLimit());
/** Where clients connect that the lab does not name. */
const LOOPBACK = '127.0.0.1';

/** Who edits the lines that are typed into a process’s terminal: our client does it itself. */
export function editingOf(role: Role): LineEditing {
  return role === 'client' ? 'by-process' : 'by-terminal';
}

/** A client of this name. */
export function clientRequest(lab: Lab, runtime: Runtime, name: string): LaunchRequest {
  const address = lab.clients.find((each) => each.name === name)?.address ?? LOOPBACK;
  return {
    flags: [],
    args: runtime.clientArgs(lab.server.port, address),
    maxDescriptors: CLIENT_DESCRIPTORS,
    hosts: undefined,
    environment: {},
    feed: CLIENT_FEED_VARIABLE,
  };
}

/** A crowd of clients. */
export function crowdRequest(lab: Lab, runtime: Runtime): LaunchRequest {
  return {
    flags: [],
    args: runtime.crowdArgs(lab.server.port, lab.clients[0]?.address ?? LOOPBACK),
    maxDescriptors: CROWD_DESCRIPTORS,
    hosts: undefined,
    environment: {},
    feed: CROWD_FEED_VARIABLE,
  };
}

/**
 * A program of a lab.
 * @param folder that of the lab’s programs, as a process of its sandbox finds it
 * @param way the name of the way to run it; the first one if it has none of that name
 * @param edited the files that run in a version of the reader’s
 * @param completes whether its way has it run on io_uring, and it may: see `ring.ts`
 */
export function programRequest(
  lab: Lab,
  runtime: Runtime,
  program: LabProgram,
  folder: string,
  way: string | undefined,
  edited: ReadonlySet<string>,
  completes: boolean,
): LaunchRequest {
  const chosen = chosenWay(program, way);
  const patched = patchThatRuns(program, way, edited);
  const { environment, feed } = feedRequest(lab, folder);
  return {
    flags: program.forks ? FORK_FLAGS : [],
    args: [...runtime.programArgs(folder, program.program, patched), ...(chosen?.args ?? [])],
    maxDescriptors: program.descriptors,
    ...(program.processes < MOST_PROCESSES && { maxProcesses: program.processes }),
    ...(program.traced && { traced: true }),
    hosts: runtime.hostsFile(lab),
    feed,
    environment: { ...environment, ...(completes && COMPLETION) },
    ...(completes && { completes: true }),
  };
}

/**
 * What checks the server program of an exercise.
 * @param folder that of the lab’s programs, as a process of its sandbox finds it
 * @param seed null for any
 * @throws Error if the lab is no exercise
 */
export function checkRequest(
  lab: Lab,
  runtime: Runtime,
  folder: string,
  seed: number | null,
): LaunchRequest {
  const { exercise, server } = lab;
  if (!exercise) throw new Error(`${lab.id} is no exercise`);
  const target = {
    check: join(folder, exercise.check),
    program: join(folder, server.program),
    port: server.port,
  };
  return {
    flags: [],
    args: [...runtime.checkerArgs, ...checkArguments(lab, target, seed)],
    maxDescriptors: CHECKER_DESCRIPTORS,
    hosts: runtime.hostsFile(lab),
    environment: {},
    feed: CHECK_FEED_VARIABLE,
  };
}

/** A lab whose server program is measured beside that of a measurement. */
export interface BesideLab {
  readonly lab: Lab;
  /** The folder of its programs, as a process of the sandbox finds it. */
  readonly folder: string;
}

/**
 * What measures the server program of a lab, and others beside it.
 * @param folder that of the lab’s programs, as a process of its sandbox finds it
 * @param beside those of other labs, in their order
 * @param order what is usual without it
 * @param countsApart whether processes of the sandbox are counted apart from others
 * @throws Error if the lab is no measurement
 */
export function measureRequest(
  lab: Lab,
  runtime: Runtime,
  folder: string,
  beside: readonly BesideLab[],
  order: MeasureOrder | undefined,
  countsApart: boolean,
): LaunchRequest {
  const { measures } = lab;
  if (!measures) throw new Error(`${lab.id} is no measurement`);
  const { clients, busy } = order ?? usualOrder(measures);
  const programOf = (
    series: string,
    of: BesideLab,
    args: readonly string[],
    label?: string,
  ): string => {
    const { server } = of.lab;
    return measuredProgramText({
      ...{ series, args, port: server.port, ready: server.ready },
      ...(label !== undefined && { label }),
      file: join(of.folder, server.program),
      flags: server.forks ? FORK_FLAGS : [],
      descriptors: server.descriptors,
      // Else the run would have too much memory before the kernel refuses another process.
      ...(countsApart && server.processes < MOST_PROCESSES && { processes: server.processes }),
    });
  };
  const own = { lab, folder };
  const serverOf = (series: string, of: BesideLab, label?: string): string => {
    const { port, ways } = of.lab.server;
    return programOf(series, of, [String(port), ...(ways?.[0]?.args ?? [])], label);
  };
  const series =
    measures.kind === 'passes'
      ? measures.series.map(({ name }) => programOf(name, own, [name, String(busy)]))
      : [
          ...beside.map((each) => serverOf(each.lab.id, each)),
          serverOf(OWN_SERIES, own, measures.own),
        ];
  return {
    flags: [],
    args: [
      ...runtime.measureArgs,
      ...['--kind', measures.kind, '--clients', String(clients), '--busy', String(busy)],
      ...series.map((text) => `--series=${text}`),
    ],
    maxDescriptors: Math.min(MOST_DESCRIPTORS, descriptorLimit()),
    hosts: undefined,
    environment: {},
    feed: MEASURE_FEED_VARIABLE,
  };
}
