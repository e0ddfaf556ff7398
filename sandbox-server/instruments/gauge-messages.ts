/** What the server and the thread that reads /proc say to each other. */
import type { Gauge } from '../../protocol/messages.ts';
import type { Reading } from './gauges.ts';
import type { KernelQuestion, KernelReading } from './kernel-reader.ts';

/** How often gauges are read, in milliseconds. */
export const GAUGE_INTERVAL = 250;

/** Said to the thread: which programs to read, and whose listeners to look for. */
export type GaugeCommand =
  | {
      readonly kind: 'watch';
      readonly watch: number;
      /** The process that the program was started by, or the program itself. */
      readonly wrapper: number;
      readonly wanted: readonly Gauge[];
    }
  /** What the kernel holds for a run; without a question it is not read for now. Said again when that changes. */
  | {
      readonly kind: 'kernel';
      readonly watch: number;
      readonly question: KernelQuestion | undefined;
    }
  | { readonly kind: 'unwatch'; readonly watch: number }
  | { readonly kind: 'listeners'; readonly question: number; readonly pids: readonly number[] };

/** Said by the thread. */
export type GaugeReport =
  /** Said once: all that it runs has been read from the disk. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'reading'; readonly watch: number; readonly reading: Reading }
  /** What the kernel holds, when it is not as it was told before. */
  | { readonly kind: 'kernel'; readonly watch: number; readonly reading: KernelReading }
  /** The addresses where each program listens that was asked for. */
  | {
      readonly kind: 'listeners';
      readonly question: number;
      readonly found: readonly (readonly string[])[];
    }
  /** A program could not be read by a mistake of ours, and is no longer tried. */
  | { readonly kind: 'failed'; readonly error: unknown };
