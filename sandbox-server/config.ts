/** What an operator can set, from the environment: the one place that reads it. */
import * as z from 'zod';
import { publishingVariables } from '../publishing.ts';
import { ISOLATION_NAMES, type IsolationName } from '../protocol/messages.ts';

const MiB = 1024 * 1024;

/** setTimeout(3) of Node can’t wait longer, and fires at once when asked to: a signed 32-bit number of ms. */
const LONGEST_WAIT = Math.floor((2 ** 31 - 1) / 1000);

const positive = (fallback: number, most = Number.MAX_SAFE_INTEGER): z.ZodType<number> =>
  z.coerce.number().int().positive().max(most).default(fallback);

const environmentSchema = z.object({
  ...publishingVariables,
  /** The port to listen on; 0 takes a free one. */
  PORT: z.coerce.number().int().min(0).max(65535).default(4321),
  /** The address to listen on. */
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Hosts, separated by spaces, by which readers reach this server through a proxy. */
  READABLE_HOSTS: z.string().default(''),
  /** The most sessions at once; without it, as many as memory allows. */
  READABLE_SESSIONS: z.coerce.number().int().positive().optional(),
  /** Seconds that a run may last. */
  READABLE_TIME_LIMIT: positive(600, LONGEST_WAIT),
  /** Seconds that a run waits for a page whose connection was lost; 0 does not wait. */
  READABLE_HOLD: z.coerce.number().int().min(0).max(LONGEST_WAIT).default(30),
  /** Bytes that the programs of a run may print in all. */
  READABLE_OUTPUT_LIMIT: positive(8 * MiB),
  /** Start on this rung of the isolation ladder instead of the safest that works. */
  READABLE_ISOLATION: z.enum(ISOLATION_NAMES).optional(),
});

/** The server's settings. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly hosts: readonly string[];
  /** The path that everything is served below, with a slash at both ends. */
  readonly base: string;
  readonly sessions: number | undefined;
  /** In seconds. */
  readonly timeLimit: number;
  /** How long a run waits for a page that it has lost, in seconds. */
  readonly hold: number;
  /** In bytes. */
  readonly outputLimit: number;
  readonly isolation: IsolationName | undefined;
}

/**
 * Reads the settings.
 * @throws Error that names each variable at fault
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const result = environmentSchema.safeParse(environment);
  if (!result.success) {
    throw new Error(`The settings can’t be used:\n${z.prettifyError(result.error)}`);
  }
  const found = result.data;
  return {
    port: found.PORT,
    host: found.HOST,
    hosts: found.READABLE_HOSTS.split(/\s+/).filter(Boolean),
    base: found.READABLE_BASE,
    sessions: found.READABLE_SESSIONS,
    timeLimit: found.READABLE_TIME_LIMIT,
    hold: found.READABLE_HOLD,
    outputLimit: found.READABLE_OUTPUT_LIMIT,
    isolation: found.READABLE_ISOLATION,
  };
}
