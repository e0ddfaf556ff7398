/** `npm start`: builds what changed, then serves site and sandboxes until Ctrl-C. */
import { readConfig } from '../sandbox-server/config.ts';
import { startServer } from '../sandbox-server/server.ts';
import { buildSite } from './build.ts';

/** Sessions end within a fraction of this; then the process ends whatever is left, in milliseconds. */
const CLOSE_LIMIT = 5000;
/** What asks a server to end: signal(7). Each tells readers first, whichever of them a supervisor sends. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

try {
  const config = readConfig(process.env);
  buildSite();
  const server = await startServer(config);
  console.log(`Readable is at ${server.url}`);
  for (const notice of server.notices) console.log(notice);
  console.log('Ctrl-C ends it.');
  const close = (): void => {
    for (const signal of ENDING) {
      process.removeListener(signal, close);
      // A terminal that closes, or a supervisor, may send two kinds. Only a second Ctrl-C means now.
      if (signal !== 'SIGINT') process.on(signal, () => {});
    }
    setTimeout(() => process.exit(1), CLOSE_LIMIT).unref();
    void server.close();
  };
  for (const signal of ENDING) process.on(signal, close);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
