/**
 * Runs a program and tells of its system calls through a feed, for programs that make none through the library.
 * It is the program’s parent, waits for it, and ends as it does. What the library is told by the variables of
 * `libevent-ts/trace-variables` is told to it instead.
 * Usage: main.ts FILTER COMMAND [ARGUMENT…], FILTER being the file of the filter for the program, or empty
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import * as variables from 'libevent-ts/trace-variables';
import { FILTER_VARIABLE, TRACED_VARIABLE } from './handshake.ts';
import * as ptrace from './ptrace.ts';
import { Teller, feedWriter } from './teller.ts';
import { Tracer, type End } from './tracer.ts';

/** What comes from the terminal, or is said to everybody in front of it, is for the program. */
const NOT_FOR_US = ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGHUP'] as const;
/** The descriptor of the program from which it reads that it is traced. */
const TOLD = 3;
/** Shells say so of a program that a signal has killed. */
const SIGNAL_STATUS = 128;

const [filter = '', command = '', ...args] = process.argv.slice(2);
// Gauges begin to measure with the first process whose name is Node’s.
process.title = 'tracer';
for (const signal of NOT_FOR_US) process.on(signal, () => {});
endAs(run());

function run(): End {
  const {
    [variables.TRACE_VARIABLE]: feed = '',
    [variables.TRACE_BUDGET_VARIABLE]: most = '',
    [variables.TRACE_COUNTS_VARIABLE]: countsEvery,
  } = process.env;
  const descriptor = Number(feed);
  // It is nothing that the program could write to.
  ptrace.keepToSelf(descriptor);
  const [told, tell] = ptrace.makePipe();
  const program = spawn(command, args, {
    stdio: ['inherit', 'inherit', 'inherit', told],
    env: environment(),
  });
  closeSync(told);
  const { pid } = program;
  if (pid === undefined) {
    program.on('error', () => {});
    console.error(`${command} could not be started.`);
    return { kind: 'exited', code: 1 };
  }
  const teller = new Teller({
    most: Number(most),
    countsEvery: countsEvery === undefined ? null : Number(countsEvery),
    write: feedWriter(descriptor),
  });
  if (!ptrace.seize(pid)) teller.cannot(ptrace.errno());
  tellIt(tell);
  return new Tracer(process.arch === 'arm64' ? 'arm64' : 'x64', teller, pid).follow();
}

/** One that has ended by now reads nothing. */
function tellIt(pipe: number): void {
  try {
    writeSync(pipe, '.');
  } catch {
    // Its end is about to be told.
  }
  closeSync(pipe);
}

function environment(): NodeJS.ProcessEnv {
  const traces = new Set<string>(Object.values(variables));
  const own = Object.entries(process.env).filter(([name]) => !traces.has(name));
  return {
    ...Object.fromEntries(own),
    [TRACED_VARIABLE]: String(TOLD),
    ...(filter !== '' && { [FILTER_VARIABLE]: filter }),
  };
}

/** Ends in the same way: whoever started this believes that it is the program. */
function endAs(end: End): never {
  if (end.kind === 'exited') process.exit(end.code);
  for (const signal of NOT_FOR_US) process.removeAllListeners(signal);
  const [name] = Object.entries(constants.signals).find(([, each]) => each === end.signal) ?? [];
  if (name !== undefined) process.kill(process.pid, name);
  process.exit(SIGNAL_STATUS + end.signal);
}
