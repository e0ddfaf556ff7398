/** A server of the labs that only tests run, started as `scripts/start.ts` starts the book’s. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { startServer } from '../server.ts';
import { TEST_LABS } from './reader.ts';

const site = mkdtempSync(join(tmpdir(), 'readable-site-'));
writeFileSync(
  join(site, 'index.html'),
  `<!doctype html><title>A page</title>${'x'.repeat(100_000)}`,
);
writeFileSync(join(site, '404.html'), '<!doctype html><title>Nothing here</title>');
const server = await startServer(readConfig(process.env), { site, content: TEST_LABS }).finally(
  () => rmSync(site, { recursive: true }),
);
console.log(`Readable is at ${server.url}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.close());
}
