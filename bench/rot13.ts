import { loadLabs } from '../sandbox-server/labs.ts';
import type { ProgramCommand } from '../sandbox-server/guest/check/checked-program.ts';
import { measureServer } from '../sandbox-server/guest/measure/servers.ts';
import { MEASURE_BUSY, MEASURE_CLIENTS, type MeasureRecord } from '../protocol/measure-feed.ts';
import { FORK_FLAGS } from '../lab/definition.ts';
import { OWN_SERIES } from '../lab/measures.ts';
import { CONTENT } from '../project.ts';
import { join } from 'node:path';
import { compiled, type Contender } from './processes.ts';
import type { Effort, Report, Row } from './report.ts';
import { median } from './statistics.ts';

/** The lab whose chart the recording stands behind. */
const LAB = 'servers-compared';
const MILLISECONDS = 1000;
/** For a descriptor of each client, and what a process has beside them. */
const DESCRIPTORS = 1100;

type Served = Extract<MeasureRecord, { state: 'served' }>;

/** A server, and what it is called. */
interface Measured {
  readonly name: string;
  readonly label: string;
  readonly command: ProgramCommand;
}

/** The servers of the lab, each in its first way. */
async function serversOfLab(): Promise<Measured[]> {
  const labs = await loadLabs(CONTENT);
  const own = labs.get(LAB);
  const measures = own?.definition.measures;
  if (!own || measures?.kind !== 'servers') throw new Error(`${LAB} measures no servers`);
  const named = [
    ...measures.beside.map(({ lab, label }) => ({ name: lab, label, lab: labs.get(lab) })),
    { name: OWN_SERIES, label: measures.own, lab: own },
  ];
  return named.flatMap(({ name, label, lab }) => {
    if (!lab) return [];
    const { program, port, ready, forks, ways, descriptors } = lab.definition.server;
    const flags = ['--disable-warning=ExperimentalWarning', ...(forks ? FORK_FLAGS : [])];
    const args = [String(port), ...(ways?.[0]?.args ?? [])];
    const file = join(lab.folder, program);
    return { name, label, command: { flags, file, port, ready, descriptors, args } };
  });
}

/** A server in C, which no sandbox can compile. */
function inC(name: string, label: string, contender: Contender): Measured | { missing: string } {
  if ('missing' in contender) return { missing: `${label}: ${contender.missing}` };
  const [executable] = contender.command;
  return {
    ...{ name, label },
    command: {
      ...{ executable, flags: [], file: 'echo', args: [], port: 0, ready: 'port ' },
      descriptors: DESCRIPTORS,
    },
  };
}

/** The round whose rate is in the middle: its figures belong together, which medians of each would not. */
function middleOf(rounds: readonly Served[]): Served | undefined {
  const middle = median(rounds.map(({ answers }) => answers));
  return [...rounds].sort((a, b) => Math.abs(a.answers - middle) - Math.abs(b.answers - middle))[0];
}

/**
 * The servers of the book under the load of the lab that compares them, and two in C: what its chart has behind
 * the reader’s own figures.
 */
export async function rot13({ seconds, rounds }: Effort): Promise<Report> {
  const found = [
    ...(await serversOfLab()),
    inC('c-libevent', 'C libevent', compiled('libevent', 'event_core')),
    inC('c-epoll', 'bare C epoll', compiled('epoll')),
  ];
  const servers = found.filter((each) => 'name' in each);
  const missing: Row[] = found.flatMap((each) =>
    'missing' in each ? [{ missing: each.missing }] : [],
  );
  const samples = new Map<string, Served[]>();
  const skipped: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const busy of MEASURE_BUSY) {
      for (const clients of MEASURE_CLIENTS) {
        // Interleaved: what else the machine does meanwhile falls on all of them.
        for (const { name, label, command } of servers) {
          const order = { clients, busy };
          const milliseconds = seconds * MILLISECONDS;
          await measureServer({ series: name, command, order, milliseconds }, (record) => {
            if (record.state === 'skipped') {
              skipped.push(`${label}, ${clients} clients: ${record.why}`);
            } else if (record.state === 'served' && record.final) {
              const key = `${name} ${clients} ${busy}`;
              samples.set(key, [...(samples.get(key) ?? []), record]);
            }
          });
        }
      }
    }
  }
  const recorded = servers.map(({ name, label }) => ({
    name,
    label,
    points: [...samples].flatMap(([key, all]) => {
      const middle = key.startsWith(`${name} `) ? middleOf(all) : undefined;
      return middle ? [middle] : [];
    }),
  }));
  const rows: Row[] = recorded.flatMap(({ label, points }) =>
    points.map(({ clients, busy, ...figures }) => {
      const rates = samples.get(`${figures.series} ${clients} ${busy}`) ?? [];
      const { connected, answers, middle, slow, slowest, processes, memory } = figures;
      return {
        ...{ server: label, clients, busy, served: connected, answers },
        lowest: Math.min(...rates.map((each) => each.answers)),
        highest: Math.max(...rates.map((each) => each.answers)),
        ...{ p50: middle, p99: slow, slowest, processes, memory },
      };
    }),
  );
  return {
    rows: [...rows, ...missing],
    notes: [
      'busy is how many clients in a hundred talk: each sends a line when the one before is answered.',
      'answers is a second’s; p50, p99 and slowest are milliseconds; memory is bytes for each client. Of several rounds it is the one whose rate is in the middle.',
      ...new Set(skipped),
    ],
    recording: { lab: LAB, series: recorded.filter(({ points }) => points.length > 0) },
  };
}
