/** The sandbox service inside `astro dev`: authors run labs while they write them. */
import type { Server } from 'node:http';
import { labFile } from '../lab/folder.ts';
import { CONTENT } from '../project.ts';
import { readConfig } from './config.ts';
import { definitionsIn, loadLab, type LoadedLab } from './labs.ts';
import { asksForSession } from './session/gateway.ts';
import { LastResort } from './last-resort.ts';
import { startService } from './service.ts';

/** What tells of files that are saved. */
export interface Watcher {
  on(event: 'add' | 'change', listener: (path: string) => void): unknown;
}

/** Puts a lab where sessions find it, as it is now; one with a mistake is told of, and the rest goes on. */
async function take(labs: Map<string, LoadedLab>, path: string): Promise<void> {
  try {
    labs.set(labFile(path).id, await loadLab(path));
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/**
 * Serves sessions on Astro’s development server. Only upgrades for sessions are taken:
 * the others are Vite’s own.
 */
export async function attachToDev(server: Server, watcher: Watcher): Promise<void> {
  const labs = new Map<string, LoadedLab>();
  for (const path of definitionsIn(CONTENT)) await take(labs, path);
  // Vite’s own server ends by what nobody caught, and says so: an author is there to read it.
  const config = readConfig(process.env);
  const service = await startService(config, new LastResort(), labs, { live: true });
  for (const notice of [...service.warnings, ...service.notices]) console.log(notice);
  for (const event of ['add', 'change'] as const) {
    watcher.on(event, (path) => {
      if (definitionsIn(CONTENT).includes(path)) void take(labs, path);
    });
  }
  server.on('upgrade', (request, socket, head) => {
    if (asksForSession(request, config.base)) service.gateway.upgrade(request, socket, head);
  });
  server.once('close', () => void service.close());
}
