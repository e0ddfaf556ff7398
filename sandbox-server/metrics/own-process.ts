/** What this process uses, under the names that Prometheus’ own libraries give it. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { descriptorLimit, descriptorsOpen } from '../descriptors.ts';

/**
 * Registers them. Those that come with prom-client include observers that belong to the whole process and
 * never end, so they are not used.
 */
export function registerOwnProcess(registry: Registry): void {
  const registers = [registry];
  const limit = descriptorLimit();
  let counted = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time that the server has used, in seconds. Runs are not counted.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const used = (user + system) / 1e6;
      this.inc(used - counted);
      counted = used;
    },
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read());
      },
    });
  };
  gauge(
    'process_resident_memory_bytes',
    'Memory of the server, in bytes. Runs are not counted.',
    () => process.memoryUsage.rss(),
  );
  gauge('process_open_fds', 'Descriptors that the server has open.', () => descriptorsOpen(limit));
  gauge('process_max_fds', 'Descriptors that the server may have open.', () => limit);
  gauge(
    'process_start_time_seconds',
    'When the server was started, in seconds since 1970.',
    () => performance.timeOrigin / 1000,
  );
}
