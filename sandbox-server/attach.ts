/** The sandbox service inside `astro dev`: authors run labs while they write them. */
import type { Server } from 'node:http';
import { readConfig } from './config.ts';
import { SESSION_PATH } from './protocol.ts';
import { startService } from './service.ts';

/**
 * Serves sessions on Astro’s development server. Only upgrades at {@link SESSION_PATH} are taken:
 * the others are Vite’s own.
 */
export async function attachToDev(server: Server): Promise<void> {
  const { gateway, notices } = await startService(readConfig(process.env));
  for (const notice of notices) console.log(notice);
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith(SESSION_PATH)) gateway.upgrade(request, socket, head);
  });
  server.once('close', () => void gateway.close());
}
