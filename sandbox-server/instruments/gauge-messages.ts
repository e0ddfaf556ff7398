/** What the server and the thread that reads gauges say to each other. */
import type { Gauge } from '../../protocol/messages.ts';
import type { Reading } from './gauges.ts';

/** Said to the thread: which programs to read. */
export type GaugeCommand =
  | {
      readonly kind: 'watch';
      readonly watch: number;
      /** The process that the program was started by, or the program itself. */
      readonly wrapper: number;
      readonly wanted: readonly Gauge[];
    }
  | { readonly kind: 'unwatch'; readonly watch: number };

/** Said by the thread. */
export interface GaugeReport {
  readonly watch: number;
  readonly reading: Reading;
}
