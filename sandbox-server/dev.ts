/** The sandbox service inside `astro dev`: authors run labs while they write them. */
import { existsSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { dirname, join, matchesGlob, relative } from 'node:path';
import { definitionsPattern, labFile } from '../lab/folder.ts';
import { CONTENT } from '../project.ts';
import { readConfig } from './config.ts';
import { definitionsIn, loadLab, type LoadedLab } from './labs.ts';
import { askedSession } from './session/gateway.ts';
import { LastResort } from './last-resort.ts';
import { startService } from './service.ts';
import { answerForService } from './service-answers.ts';

/** What is used of Vite’s development server. */
export interface DevServer {
  readonly httpServer: Server;
  /** What answers plain requests, one after another until one does. */
  readonly middlewares: {
    use(
      answer: (request: IncomingMessage, response: ServerResponse, next: () => void) => void,
    ): unknown;
  };
  /** What tells of files that are saved, and of those that are gone. */
  readonly watcher: {
    on(event: 'add' | 'change' | 'unlink', listener: (path: string) => void): unknown;
  };
}

/** Puts a lab where sessions find it, as it is now; one with a mistake is told of, and the rest goes on. */
async function take(labs: Map<string, LoadedLab>, path: string): Promise<void> {
  try {
    labs.set(labFile(path).id, await loadLab(path));
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** The `lab.ts` of the lab that a file is TypeScript of, if it is of any. */
function definitionBeside(content: string, path: string): string | undefined {
  const definition = join(dirname(path), 'lab.ts');
  const isLab = matchesGlob(relative(content, definition), definitionsPattern());
  return isLab && path.endsWith('.ts') && existsSync(definition) ? definition : undefined;
}

/**
 * Serves sessions on Astro’s development server. Only upgrades for sessions are taken, and plain requests
 * about them: the others are Vite’s own.
 * @param content the folder with the labs
 */
export async function attachToDev(
  { httpServer, middlewares, watcher }: DevServer,
  content = CONTENT,
): Promise<void> {
  const labs = new Map<string, LoadedLab>();
  for (const path of definitionsIn(content)) await take(labs, path);
  // Vite’s own server ends by what nobody caught, and says so: an author is there to read it.
  const config = readConfig(process.env);
  const service = await startService(config, new LastResort(), labs, { live: true });
  for (const line of [...config.warnings, ...service.warnings, ...service.notices]) {
    console.log(line);
  }
  for (const event of ['add', 'change', 'unlink'] as const) {
    watcher.on(event, (path) => {
      // A mistake in any of its files keeps a lab from being loaded.
      const definition = definitionBeside(content, path);
      if (definition !== undefined) void take(labs, definition);
    });
  }
  middlewares.use((request, response, next) => {
    if (!answerForService(service, config, request, response)) next();
  });
  httpServer.on('upgrade', (request, socket, head) => {
    if (askedSession(request, config.base)) service.gateway.upgrade(request, socket, head);
  });
  httpServer.once('close', () => void service.close());
}
