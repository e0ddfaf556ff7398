import { NOTES, contenders, measureServers } from './echo.ts';
import type { Server } from './processes.ts';
import type { Effort, Report } from './report.ts';

/** Connections made at once; every server's backlog is larger. */
const BATCH = 64;

/** Connections that are made, accepted, and closed by the server. */
export async function accept(effort: Effort): Promise<Report> {
  const load = {
    columns: {},
    args: ({ port, process: { pid } }: Server) => ['accept', port, pid, BATCH].map(String),
  };
  const { rows, ratios } = await measureServers('accept', contenders(), [load], effort);
  const note =
    'A connect costs the client more than an accept costs a server, so perServerSecond is what the servers differ by.';
  return { rows, notes: [...ratios, note, ...NOTES] };
}
