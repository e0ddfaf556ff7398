/**
 * The thread that reads /proc: gauges, what the kernel holds, and who listens where. How long a reading takes
 * is in the hands of the program that is read (its processes, its threads, its sockets), so it must not happen
 * in the server’s event loop.
 */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { GAUGE_INTERVAL, type GaugeCommand, type GaugeReport } from './gauge-messages.ts';
import { Gauges } from './gauges.ts';
import { KernelReader, type KernelQuestion } from './kernel-reader.ts';
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
const kernels = new Map<number, KernelReader>();

/** Reads again and again, more rarely what takes long. */
function repeat(id: number, read: () => void): void {
  const again = (): void => {
    const began = performance.now();
    try {
      read();
    } catch (error) {
      // The others are read on: nobody starts this thread a second time.
      tell({ kind: 'failed', error });
      return;
    }
    const rest = Math.max(GAUGE_INTERVAL, REST * (performance.now() - began));
    timers.set(id, setTimeout(again, rest));
  };
  timers.set(id, setTimeout(again, GAUGE_INTERVAL));
}

function stop(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

function watchKernel(id: number, question: KernelQuestion | undefined): void {
  const kernel = kernels.get(id) ?? new KernelReader();
  kernels.set(id, kernel);
  if (question) kernel.ask(question);
  else stop(id);
  if (!question || timers.has(id)) return;
  let told = '';
  repeat(id, () => {
    const reading = kernel.read();
    const text = JSON.stringify(reading);
    if (!reading || text === told) return;
    told = text;
    tell({ kind: 'kernel', watch: id, reading });
  });
}

port.on('message', (command: GaugeCommand) => {
  switch (command.kind) {
    case 'watch': {
      const gauges = new Gauges(command.wrapper, command.wanted);
      repeat(command.watch, () => {
        const reading = gauges.read();
        if (reading) tell({ kind: 'reading', watch: command.watch, reading });
      });
      break;
    }
    case 'kernel':
      watchKernel(command.watch, command.question);
      break;
    case 'unwatch':
      stop(command.watch);
      kernels.delete(command.watch);
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
