/** `npm start`: builds what changed, then serves site and sandboxes until it is told to end. */
import { messageOf } from '../message-of.ts';
import { readConfig, type Config } from '../sandbox-server/config.ts';
import { openLog, type EventLog } from '../sandbox-server/log.ts';
import { checkPort, startServer, type RunningServer } from '../sandbox-server/server.ts';
import { buildSite } from './build.ts';

/** Sessions end within a fraction of this; then the process ends whatever is left, in milliseconds. */
const CLOSE_LIMIT = 5000;
/** What asks a server to end: signal(7). Each tells readers first, whichever of them a supervisor sends. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;
type Ending = (typeof ENDING)[number];
/**
 * The same signal again within this is no second one, in milliseconds: a supervisor that tells every
 * process of a group tells npm too, which passes it on.
 */
const ECHO = 1000;

/** Says what people read at a start. Where the log is for programs, it goes where that is not. */
function say({ log }: Config, line: string): void {
  if (log === 'json') console.error(line);
  else console.log(line);
}

/** Says what the operator should change, and has programs that read the log know it too. */
function warn(config: Config, log: EventLog, message: string): void {
  say(config, message);
  if (config.log === 'json') log.write({ event: 'warning', message });
}

/**
 * Ends the server when a signal says so. SIGTERM, which supervisors send, drains it first. The others,
 * Ctrl-C’s among them, end it at once, and so does a second one. Both ways readers are told.
 */
function endBySignal(server: RunningServer, log: EventLog): void {
  let first: { readonly signal: Ending; readonly time: number } | undefined;
  let closing = false;
  const close = (signal: Ending): void => {
    if (closing) return;
    closing = true;
    // Only another Ctrl-C means now, whatever is not done yet.
    setTimeout(() => process.removeListener('SIGINT', take), ECHO).unref();
    setTimeout(() => process.exit(1), CLOSE_LIMIT).unref();
    void server.close().then(async () => {
      log.write({ event: 'stop', signal });
      if (!(await log.close())) process.exit(0);
    });
  };
  const take = (signal: Ending): void => {
    const now = performance.now();
    if (first?.signal === signal && now - first.time < ECHO) return;
    const drains = first === undefined && signal === 'SIGTERM';
    first ??= { signal, time: now };
    if (drains) void server.drain().then(() => close(signal));
    else close(signal);
  };
  for (const signal of ENDING) process.on(signal, take);
}

try {
  const config = readConfig(process.env);
  const log = openLog(config.log);
  for (const message of config.warnings) warn(config, log, message);
  await checkPort(config);
  // Kept until the process ends, whatever is built beside it.
  const site = buildSite().path;
  const server = await startServer(config, { site, log });
  say(config, `Readable is at ${server.url}`);
  for (const message of server.warnings) warn(config, log, message);
  for (const notice of server.notices) say(config, notice);
  say(config, 'Ctrl-C ends it.');
  endBySignal(server, log);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
