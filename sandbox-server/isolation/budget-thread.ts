/**
 * The thread that watches budgets. How long a reading takes is in the hands of the programs that are
 * read, so it must not happen in the server’s event loop.
 */
import { availableParallelism } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { busyFrom } from './background.ts';
import type { BudgetCommand, BudgetReport } from './budget-messages.ts';
import { GroupMeter, readProcesses, TreeMeter, type Found } from './meters.ts';

/** How often is read, in milliseconds: a session over its budget ends within a second. */
const INTERVAL = 250;
/** How often those with a group are weighed, in milliseconds: until then a busy one keeps the others waiting. */
const WEIGH_INTERVAL = 100;
/** After a reading that took long, the thread rests so many times as long. */
const REST = 2;

const PROCESSORS = availableParallelism();

const port = parentPort;
if (!port) throw new Error('budget-thread.ts runs as a worker thread');

function tell(report: BudgetReport): void {
  port?.postMessage(report);
}

const groups = new Map<number, GroupMeter>();
const trees = new Map<number, TreeMeter>();
/** Processes that were spawned since the last reading, each for a tree. */
const roots: { readonly watch: number; readonly pid: number }[] = [];
/** Sessions that have been told of as full. */
const full = new Set<number>();

function forget(watch: number): void {
  groups.delete(watch);
  trees.delete(watch);
  full.delete(watch);
}

function take(watch: number, read: () => Found): void {
  try {
    const found = read();
    if (found.full && !full.has(watch)) {
      full.add(watch);
      tell({ kind: 'full', watch });
    }
    if (!found.over) return;
    forget(watch);
    tell({ kind: 'over', watch, resource: found.over });
  } catch (error) {
    // The others are read on: nobody starts this thread a second time.
    forget(watch);
    tell({ kind: 'failed', error });
  }
}

function readTrees(): void {
  const table = readProcesses();
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of table) {
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  }
  for (const { watch, pid } of roots.splice(0)) trees.get(watch)?.add(pid, table);
  for (const [watch, meter] of trees) {
    take(watch, () => meter.read(table, children, performance.now()));
  }
}

function readAll(): void {
  const began = performance.now();
  for (const [watch, meter] of groups) take(watch, () => meter.read());
  if (trees.size > 0) readTrees();
  setTimeout(readAll, Math.max(INTERVAL, REST * (performance.now() - began)));
}

function weighAll(): void {
  const began = performance.now();
  // Each at its own moment: to read a hundred takes a while.
  const shares = [...groups.values()].map((meter) => meter.measure(performance.now()));
  const from = busyFrom(shares, PROCESSORS);
  for (const meter of groups.values()) meter.weigh(from, performance.now());
  setTimeout(weighAll, Math.max(WEIGH_INTERVAL, REST * (performance.now() - began)));
}

port.on('message', (command: BudgetCommand) => {
  if (command.kind === 'unwatch') forget(command.watch);
  else if (command.kind === 'keep') groups.get(command.watch)?.keep(command.waits);
  else if (command.kind === 'root') roots.push(command);
  else if (command.group) {
    groups.set(command.watch, new GroupMeter(command.group, command.limits));
  } else {
    trees.set(command.watch, new TreeMeter(command.limits));
  }
});

readAll();
weighAll();
tell({ kind: 'ready' });
