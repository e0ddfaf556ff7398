/**
 * A server of the book's labs and of those in `bench/labs/`, started as `scripts/start.ts` starts the
 * book's, with a page instead of the built site. SIGTERM drains it, SIGINT ends it at once.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONTENT } from '../project.ts';
import { readConfig } from '../sandbox-server/config.ts';
import { loadLabs } from '../sandbox-server/labs.ts';
import { openLog } from '../sandbox-server/log.ts';
import { startServer } from '../sandbox-server/server.ts';

const config = readConfig(process.env);
const log = openLog(config.log);
const own = await loadLabs(join(import.meta.dirname, 'labs'));
const labs = new Map([...(await loadLabs(CONTENT)), ...own]);
const site = mkdtempSync(join(tmpdir(), 'readable-bench-'));
for (const page of ['index.html', '404.html']) {
  writeFileSync(join(site, page), '<!doctype html><title>A page</title>');
}
// All of it is read before it serves.
const server = await startServer(config, { site, labs, log }).finally(() =>
  rmSync(site, { recursive: true }),
);
if (config.log !== 'json') console.log(`Readable is at ${server.url}`);
process.once('SIGINT', () => void server.close());
process.once('SIGTERM', () => void server.drain().then(() => server.close()));
