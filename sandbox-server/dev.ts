/** The sandbox service inside `astro dev`: authors run labs while they write them. */
import type { Server } from 'node:http';
import { readConfig } from './config.ts';
import { asksForSession } from './session/gateway.ts';
import { LastResort } from './last-resort.ts';
import { startService } from './service.ts';

/**
 * Serves sessions on Astro’s development server. Only upgrades for sessions are taken:
 * the others are Vite’s own.
 */
export async function attachToDev(server: Server): Promise<void> {
  // Vite’s own server ends by what nobody caught, and says so: an author is there to read it.
  const config = readConfig(process.env);
  const service = await startService(config, new LastResort(), { live: true });
  for (const notice of [...service.warnings, ...service.notices]) console.log(notice);
  server.on('upgrade', (request, socket, head) => {
    if (asksForSession(request, config.base)) service.gateway.upgrade(request, socket, head);
  });
  server.once('close', () => void service.close());
}
