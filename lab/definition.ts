/**
 * The one definition of what a lab is. A lab is a folder `content/CHAPTER/ID/` with its programs and
 * a `lab.ts` whose default export is `defineLab({ … })`. The site, the sandbox server and the tests
 * all read that file.
 */
import * as z from 'zod';
import { MAX_CLIENTS, gaugeSchema } from '../protocol/messages.ts';
import { exerciseSchema } from './exercise.ts';
import { measuresSchema, seriesOf } from './measures.ts';
import { mistakesIn } from './mistakes.ts';
import { didYouMean, either } from './nearest.ts';
import { patchSchema, patchedWays } from './patch.ts';
import { programFile } from './program-file.ts';
import { name, scenarioSchema, type Scenario } from './scenario.ts';

const hostName = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'write a name as in /etc/hosts: www.example.org');

/** A way to run a program: the reader chooses one before the run. */
const way = z.strictObject({
  name,
  /** What the reader chooses by: `with poll`. */
  label: z.string().min(1).max(60),
  /** The program’s arguments. */
  args: z.array(z.string()).default([]),
  /** Lines of the program that are others in this way: a mistake, most likely. */
  patch: patchSchema.optional(),
  /**
   * Its event bases run on io_uring(7), which its sandbox allows it, and only it: never a reader’s own version, and
   * nothing where the operator has set `READABLE_IO_URING=off`. There it runs on epoll(7), and the reader is told.
   */
  completes: z.literal(true).optional(),
  /** The scenario that is played in this way, if it is not the lab’s own. Only for the server program. */
  scenario: scenarioSchema.optional(),
});

/**
 * What Node is told for a program that calls fork(2): it needs the first, and the others keep V8's threads asleep
 * that otherwise compile what reads TypeScript, so that the first fork need not wait for them. The last bounds what
 * V8 keeps for young objects: with a process for each client, that is what a busy server's memory is made of.
 */
export const FORK_FLAGS = [
  '--single-threaded',
  '--wasm-num-compilation-tasks=0',
  '--no-wasm-dynamic-tiering',
  '--max-semi-space-size=1',
] as const;

/** What the environment of a program has whose way completes: the library asks it for io_uring(7). */
export const COMPLETION = { EVENT_COMPLETION: '1' } as const;

/** The most processes and threads that a program may be. */
export const MOST_PROCESSES = 400;

/** The most descriptors that a program may ask for. */
export const MOST_DESCRIPTORS = 2048;

const programFields = {
  /** The program’s file in the lab’s folder. */
  program: programFile,
  /** The ways to run it, the first of them chosen at first; none for a program without arguments. */
  ways: z.array(way).min(2).max(6).optional(),
  /** The program calls fork(2): Node runs it with `FORK_FLAGS`. */
  forks: z.boolean().default(false),
  /** It reads what is typed into its terminal. */
  reads: z.boolean().default(false),
  /**
   * Its calls are told by a tracer, not by the library: for a program that makes none through it, such as one on
   * `node:net`. Every call it makes is told then, with no line of the program, and takes several times as long.
   */
  traced: z.boolean().default(false),
  /** How many descriptors it may have open: RLIMIT_NOFILE of getrlimit(2). */
  descriptors: z.int().min(16).max(MOST_DESCRIPTORS).default(128),
  /** How many processes and threads it may be, all its children included: RLIMIT_NPROC of getrlimit(2). */
  processes: z.int().min(16).max(MOST_PROCESSES).default(MOST_PROCESSES),
};

/** A program beside the server program. */
const program = z.strictObject({
  /** The name of its terminal. */
  name,
  ...programFields,
  /** It starts together with the server program, before it, or when the reader clicks its Start. */
  starts: z.enum(['before', 'with', 'on-demand']),
  /** What it prints when it is ready; only then does the run go on. Not for one that starts on demand. */
  ready: z.string().min(1).optional(),
});

/** A client: its name, or more of it. */
const client = z
  .union([
    name,
    z.strictObject({
      name,
      /** Where it connects to. */
      address: z.enum(['127.0.0.1', '::1']).default('127.0.0.1'),
      /** It has its place on the page from the start, but does not connect by itself. */
      later: z.boolean().default(false),
    }),
  ])
  .transform((given) =>
    typeof given === 'string'
      ? { name: given, address: '127.0.0.1' as const, later: false }
      : given,
  );

/** A lab, each field by itself. */
const fields = z.strictObject({
  /** The same as the folder’s name: it is `data-lab` on the page. */
  id: name,
  /** The lab’s accessible name and heading. */
  title: z.string().min(1).max(80),
  /** The question that the reader answers for themselves before the run. */
  predict: z.string().min(1),
  /** The program that the clients talk to; its terminal is `server`, and the run ends with it. */
  server: z.strictObject({
    ...programFields,
    /** The port it listens on, where the clients connect. */
    port: z.int().min(1).max(65535),
    /** It shows Node’s own sockets, and may import what no other program may: `node:net` and its like. */
    networks: z.boolean().default(false),
    /** What it prints when it listens: clients connect after this text. */
    ready: z.string().min(1),
  }),
  /** Further programs, each in a terminal of its own and in the same network. */
  programs: z.array(program).max(4).default([]),
  /** Names that programs can look up, each for 127.0.0.1, as /etc/hosts has them: hosts(5). */
  hosts: z.array(hostName).default([]),
  /** The clients, in the order in which they connect as soon as the server is ready. */
  clients: z.array(client).max(MAX_CLIENTS),
  /** What is measured and shown while it runs. */
  gauges: z.array(gaugeSchema).default([]),
  /** Draw what its programs call and wait for as it happens, and what the kernel holds for them. */
  timeline: z.boolean().default(true),
  /** Draw the descriptor sets of the server’s calls of select(2) as they happen. */
  showsSelect: z.boolean().default(false),
  /** The reader can send a crowd of up to 1,000 clients, and sees what becomes of the server program. */
  crowd: z.boolean().default(false),
  /** The reader is to change the server program, and it is checked whether they did it. */
  exercise: exerciseSchema.optional(),
  /** It is a measurement of its server program and of others. */
  measures: measuresSchema.optional(),
  scenario: scenarioSchema,
});

/** A lab as everything that reads it sees it: checked, with defaults filled in. */
export type Lab = z.output<typeof fields>;
/** A lab as its author writes it. */
export type LabDefinition = z.input<typeof fields>;
/** What the server program and every other program of a lab have. */
export type LabProgram = Pick<
  z.output<typeof program>,
  'program' | 'ways' | 'forks' | 'reads' | 'traced' | 'descriptors' | 'processes'
>;

/** A mistake that only shows in the whole of a lab: where it is, and what to do. */
interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What is wrong with a scenario in its lab. */
function problemsOf(scenario: Scenario, lab: Lab): Problem[] {
  const problems: Problem[] = [];
  const clients = new Set(lab.clients.filter(({ later }) => !later).map(({ name }) => name));
  const programs = new Map(lab.programs.map((program) => [program.name, program]));
  scenario.forEach(({ action, expect }, index) => {
    if (action && ('connects' in action || 'triesToConnect' in action)) clients.add(action.client);
    const acts = action ? [{ part: action, path: [index, 'action'] }] : [];
    const expects = expect.map((part, at) => ({ part, path: [index, 'expect', at] }));
    for (const { part, path } of [...acts, ...expects]) {
      const problem = (field: string, message: string): void => {
        problems.push({ path: [...path, field], message });
      };
      if ('client' in part && !clients.has(part.client)) {
        problem(
          'client',
          `no client “${part.client}” is connected at this step: add it to clients, or let it connect in an earlier step.${didYouMean(part.client, clients)}`,
        );
      }
      if ('program' in part && part.program !== 'server' && !programs.has(part.program)) {
        const known = ['server', ...programs.keys()];
        problem(
          'program',
          `there is no program “${part.program}” in this lab: write ${either(known)}.${didYouMean(part.program, known)}`,
        );
      }
      if ('crowd' in part && !lab.crowd) {
        problem('crowd', 'this lab has no crowd: say so in crowd');
      }
      if ('calls' in part && !lab.timeline) {
        problem('calls', 'without a timeline nobody is told of calls: take timeline: false away');
      }
      if ('gauge' in part && !lab.gauges.includes(part.gauge)) {
        problem('gauge', `“${part.gauge}” is not shown: add it to gauges`);
      }
      if ('starts' in part) {
        const program = programs.get(part.program);
        if (program && program.starts !== 'on-demand') {
          problem('program', `“${part.program}” does not start on demand: say so in programs`);
        }
        const ways = program?.ways?.map(({ name }) => name) ?? [];
        if (typeof part.starts === 'string' && !ways.includes(part.starts)) {
          const wanted = ways.length > 0 ? `write ${either(ways)}` : 'write starts: true';
          problem(
            'starts',
            `“${part.program}” has no way “${part.starts}”: ${wanted}.${didYouMean(part.starts, ways)}`,
          );
        }
      }
    }
  });
  return problems;
}

/** The first name that two of a lab’s programs and clients have, if any. */
function takenTwice(lab: Lab): string | undefined {
  const names = ['server', ...lab.programs.map((each) => each.name)];
  names.push(...lab.clients.map((each) => each.name));
  return names.find((each, index) => names.indexOf(each) !== index);
}

/** Every program of a lab, the server program first. */
export function programsOf(lab: Lab): LabProgram[] {
  return [lab.server, ...lab.programs];
}

/** Whether a tracer tells of its programs: then these may make connections without the library. */
export function isTraced(lab: Lab): boolean {
  return programsOf(lab).some(({ traced }) => traced);
}

/** A way, and the file that programs of this lab would change differently in it, if any. */
function changedTwice(lab: Lab): { way: string; file: string } | undefined {
  const all = patchedWays(programsOf(lab));
  return all.find(({ way, file }, index) =>
    all.slice(0, index).some((other) => other.way === way && other.file === file),
  );
}

/** What a measurement has, though nothing would come of it: it starts its programs itself, and looks at nothing else. */
function beyondMeasures(lab: Lab): Problem[] {
  const { measures, server } = lab;
  if (!measures) return [];
  const names = seriesOf(measures).map((series) => series.name);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  const itself = measures.kind === 'servers' && measures.beside.some((each) => each.lab === lab.id);
  const had: [boolean, Problem['path'], string][] = [
    [lab.clients.length > 0, ['clients'], 'it brings its own clients: write clients: []'],
    [lab.programs.length > 0, ['programs'], 'it runs no program beside its server program'],
    [lab.crowd, ['crowd'], 'it brings its own clients'],
    [lab.exercise !== undefined, ['exercise'], 'what is measured can’t be checked too'],
    [lab.gauges.length > 0, ['gauges'], 'its figures come from the measurement'],
    [lab.timeline, ['timeline'], 'nobody is told of its calls: write timeline: false'],
    [lab.showsSelect, ['showsSelect'], 'nobody is told of its calls'],
    [lab.hosts.length > 0, ['hosts'], 'it has no names to look up'],
    [server.traced, ['server', 'traced'], 'a tracer would be what is measured'],
    [
      server.ways?.some(({ completes }) => completes) === true,
      ['server', 'ways'],
      'no program that is measured gets io_uring: take completes away',
    ],
    [twice !== undefined, ['measures'], `two series have the name “${twice}”`],
    [itself, ['measures', 'beside'], 'its own server program is measured in any case'],
  ];
  return had.flatMap(([isThere, path, why]) =>
    isThere ? { path, message: `this lab is a measurement: ${why}` } : [],
  );
}

/** The schema of a lab definition. */
export const labSchema = fields.superRefine((lab, context) => {
  const scenarios = [
    { scenario: lab.scenario, at: ['scenario'] },
    ...(lab.server.ways ?? []).map(({ scenario = [] }, index) => ({
      scenario,
      at: ['server', 'ways', index, 'scenario'],
    })),
  ];
  for (const { scenario, at } of scenarios) {
    for (const { path, message } of problemsOf(scenario, lab)) {
      context.addIssue({ code: 'custom', path: [...at, ...path], message });
    }
  }
  const changed = changedTwice(lab);
  if (changed) {
    context.addIssue({
      code: 'custom',
      path: ['programs'],
      message: `two programs have a way “${changed.way}” that changes ${changed.file}: give one of these ways another name`,
    });
  }
  if (programsOf(lab).some(({ traced, ways }) => traced && ways?.some((way) => way.completes))) {
    context.addIssue({
      code: 'custom',
      path: ['server', 'ways'],
      message: 'a program that is traced has no library to run on io_uring: take completes away',
    });
  }
  for (const { path, message } of beyondMeasures(lab)) {
    context.addIssue({ code: 'custom', path, message });
  }
  const twice = takenTwice(lab);
  if (twice !== undefined) {
    context.addIssue({
      code: 'custom',
      path: ['clients'],
      message: `“${twice}” is taken: each program and client needs a name of its own, and the server program is “server”`,
    });
  }
});

/**
 * Declares a lab. It only gives the author completion and type errors; the check with
 * {@link parseLab} happens where the file is read.
 */
export function defineLab(definition: LabDefinition): LabDefinition {
  return definition;
}

/**
 * Checks what a `lab.ts` exports.
 * @param value the module’s default export
 * @param file its path, for the message
 * @param folder the name of the folder it is in, which must be the lab’s id
 * @throws Error that names the file, each field at fault and what to write instead
 */
export function parseLab(value: unknown, file: string, folder: string): Lab {
  if (value === undefined) {
    throw new Error(`${file}: export a lab: export default defineLab({ … })`);
  }
  const result = labSchema.safeParse(value);
  if (!result.success) {
    throw new Error(`${file} is not a lab yet:\n${mistakesIn(result.error, fields, value)}`);
  }
  if (result.data.id !== folder) {
    throw new Error(`${file}: the id “${result.data.id}” must be the folder’s name, “${folder}”`);
  }
  return result.data;
}
