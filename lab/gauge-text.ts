/** The figures of gauges as a reader sees them. Pure. */
import type { Gauge } from '../protocol/messages.ts';

const MiB = 1024 * 1024;

/** What each gauge is called on the page. */
export const GAUGE_LABELS: Readonly<Record<Gauge, string>> = {
  processes: 'processes',
  zombies: 'zombies',
  threads: 'threads',
  cpu: 'running or ready to run',
  memory: 'memory',
  descriptors: 'open descriptors',
  calls: 'system calls a second',
  callsPerLine: 'system calls for each line',
};

/** A number with its unit, as `37 %`. */
export function gaugeText(gauge: Gauge, value: number): string {
  switch (gauge) {
    case 'cpu':
      return `${Math.round(value * 100).toLocaleString('en')} %`;
    case 'callsPerLine':
      return value.toFixed(1);
    case 'memory':
      return `${(value / MiB).toFixed(1)} MB`;
    default:
      return value.toLocaleString('en');
  }
}
