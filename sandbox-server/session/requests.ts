/** What a sandbox is asked to run for a lab: its programs, each in one of its ways, and its clients. */
import { CLIENT_FEED_VARIABLE } from '../../protocol/client-feed.ts';
import { FORK_FLAGS, type Lab, type LabProgram } from '../../lab/definition.ts';
import { chosenWay, patchThatRuns } from '../../lab/patch.ts';
import { feedRequest } from '../instruments/instruments.ts';
import type { LaunchRequest } from '../isolation/isolation.ts';
import type { LineEditing } from '../process/pty.ts';
import type { Role } from '../../protocol/messages.ts';
import type { Runtime } from '../runtime.ts';

/** How many descriptors a client may have open. */
export const CLIENT_DESCRIPTORS = 128;
/** Every program runs as its lab has it. */
const NOT_EDITED: ReadonlySet<string> = new Set();
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

/**
 * A program of a lab.
 * @param way the name of the way to run it; the first one if it has none of that name
 */
export function programRequest(
  lab: Lab,
  runtime: Runtime,
  program: LabProgram,
  way: string | undefined,
): LaunchRequest {
  const chosen = chosenWay(program, way);
  const patched = patchThatRuns(program, way, NOT_EDITED);
  return {
    flags: program.forks ? FORK_FLAGS : [],
    args: [...runtime.programArgs(lab.id, program.program, patched), ...(chosen?.args ?? [])],
    maxDescriptors: program.descriptors,
    hosts: runtime.hostsFile(lab),
    ...feedRequest(lab),
  };
}
