/**
 * A server of a site that a test has built, in the folder `BUILT_SITE`; started as `scripts/start.ts`
 * starts the book’s.
 */
import { readConfig } from '../sandbox-server/config.ts';
import { startServer } from '../sandbox-server/server.ts';

const { BUILT_SITE: site = '' } = process.env;
const server = await startServer(readConfig(process.env), { site });
console.log(`Readable is at ${server.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.close());
}
