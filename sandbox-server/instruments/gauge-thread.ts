/**
 * The thread that reads /proc: gauges, and who listens where. How long a reading takes is in the hands of the program that is read
 * (its processes, its threads, its memory), so it must not happen in the server’s event loop.
 */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { GAUGE_INTERVAL, type GaugeCommand, type GaugeReport } from './gauge-messages.ts';
import { Gauges } from './gauges.ts';
import { listenersOf } from './listeners.ts';

/** A program that takes long to read is read so many times its reading’s duration later. */
const REST = 20;
/** Gauges give way to the server that serves everybody: setpriority(2) is for the calling thread. */
const NICENESS = 5;

const port = parentPort;
if (!port) throw new Error('gauge-thread.ts runs as a worker thread');
setPriority(Math.max(getPriority(), NICENESS));

function tell(report: GaugeReport): void {
  port?.postMessage(report);
}

const timers = new Map<number, NodeJS.Timeout>();

function watch(id: number, gauges: Gauges): void {
  const read = (): void => {
    const began = performance.now();
    try {
      const reading = gauges.read();
      if (reading) tell({ kind: 'reading', watch: id, reading });
    } catch (error) {
      // The others are read on: nobody starts this thread a second time.
      tell({ kind: 'failed', error });
      return;
    }
    const rest = Math.max(GAUGE_INTERVAL, REST * (performance.now() - began));
    timers.set(id, setTimeout(read, rest));
  };
  timers.set(id, setTimeout(read, GAUGE_INTERVAL));
}

port.on('message', (command: GaugeCommand) => {
  switch (command.kind) {
    case 'watch':
      watch(command.watch, new Gauges(command.wrapper, command.wanted));
      break;
    case 'unwatch':
      clearTimeout(timers.get(command.watch));
      timers.delete(command.watch);
      break;
    case 'listeners':
      tell({ ...command, found: command.pids.map(look) });
  }
});

/** An answer is waited for, so there is one. */
function look(pid: number): string[] {
  try {
    return listenersOf(pid);
  } catch (error) {
    tell({ kind: 'failed', error });
    return [];
  }
}

tell({ kind: 'ready' });
