import { result, startServer, typescript } from './processes.ts';
import type { Effort, Report } from './report.ts';

const IDLE = 10_000;
const BUSY = 100;
/** Connections of both kinds for each second of effort, at most, so that a short trial stays short. */
const IDLE_PER_SECOND = 1000;

/**
 * Whether anything is lost: 10,000 idle connections beside 100 that exchange random bytes, every one
 * of them compared. `--seconds 300` is five minutes of it.
 */
export async function soak({ seconds }: Effort): Promise<Report> {
  const idle = Math.min(IDLE, Math.ceil(IDLE_PER_SECOND * seconds));
  const server = typescript('libevent_ts');
  const clients = typescript('soak_clients');
  if ('missing' in server || 'missing' in clients) throw new Error('there is no Node');
  await using started = await startServer('libevent-ts', [...server.command, 'echo']);
  const counted = await result(
    [...clients.command, started.port, String(seconds), String(idle), String(BUSY)],
    {},
    seconds,
  );
  return {
    rows: [{ server: 'libevent-ts', seconds, ...numbersOf(counted) }],
    notes: [
      'Every byte came back, in order, also what was owed after a half-close; each idle connection answered at the end.',
    ],
  };
}

function numbersOf(counted: unknown): Record<string, number> {
  const entries = Object.entries(counted instanceof Object ? counted : {});
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (typeof value === 'number' ? [[name, value]] : [])),
  );
}
