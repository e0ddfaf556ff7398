/** The one server: the built site, the WebSocket, `/healthz`, `/readyz` and `/metrics`, on one port. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { CONTENT, SITE } from '../project.ts';
import type { Config } from './config.ts';
import { descriptorLimit } from './descriptors.ts';
import { loadLabs, type LoadedLab } from './labs.ts';
import { asksForWebSocket } from './session/gateway.ts';
import { LastResort } from './last-resort.ts';
import { SILENT, type Log } from './log.ts';
import { takePrecedence } from './precedence.ts';
import { startService } from './service.ts';
import { answerForService } from './service-answers.ts';
import { SiteFiles } from './site-files.ts';

/** A running server. */
export interface RunningServer {
  /** Its address, with a slash at the end. */
  readonly url: string;
  /** What the operator should change. */
  readonly warnings: readonly string[];
  /** Lines for the operator. */
  readonly notices: readonly string[];
  /**
   * Takes no new session, and lets those that run go on for as long as the settings say; pages are served
   * as ever. Resolves when none is left, or that time is over.
   */
  drain(): Promise<void>;
  /** Ends every session, then the server. */
  close(): Promise<void>;
}

/** How long a connection may be silent, a page’s WebSocket apart, in milliseconds. */
const IDLE_LIMIT = 120_000;
/** How many requests of one connection may wait for their answers to be taken: browsers send one by one. */
const MOST_UNANSWERED = 16;
/** The share of the descriptors that connections may have: sessions need some too. */
const CONNECTION_SHARE = 0.5;
/** More connections than the most sessions and their pages make; each can cost a megabyte for a moment. */
const MOST_CONNECTIONS = 2000;

/** What a server has where it is not the project’s own. */
export interface ServerOptions {
  /** The built site. */
  readonly site?: string;
  /** The folder with the labs. */
  readonly content?: string;
  /** The labs, by id, where they are not of one folder. */
  readonly labs?: ReadonlyMap<string, LoadedLab>;
  /** Takes what an operator should know. */
  readonly log?: Log;
}

/**
 * Starts the server. From then on an exception that nobody caught ends at most one session.
 * @throws Error with what to do: the port is taken, the site is not built, no program can run here, a
 *   lab can't be used
 */
export async function startServer(
  config: Config,
  { site = SITE, content = CONTENT, labs, log = SILENT }: ServerOptions = {},
): Promise<RunningServer> {
  if (!existsSync(join(site, 'index.html'))) {
    throw new Error('The site is not built yet: npm run build');
  }
  const { base } = config;
  const files = new SiteFiles(site, base);
  const lastResort = new LastResort();
  const found = labs ?? (await loadLabs(content));
  const service = await startService(config, lastResort, found, { log });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (!answerForService(service, config, request, response)) files.respond(request, response);
  };
  const unanswered = new WeakMap<Socket, number>();
  const server = createServer(
    { shouldUpgradeCallback: (request) => asksForWebSocket(request) },
    (request, response) => {
      const { socket } = request;
      if (socket.destroyed) return;
      const waiting = (unanswered.get(socket) ?? 0) + 1;
      if (waiting > MOST_UNANSWERED) {
        socket.destroy();
        return;
      }
      unanswered.set(socket, waiting);
      response.on('close', () => {
        unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1);
      });
      try {
        if (!refuseBody(request, response)) answer(request, response);
      } catch (error) {
        response.destroy();
        lastResort.take(error);
      }
    },
  );
  server.maxConnections = Math.min(
    MOST_CONNECTIONS,
    Math.floor(descriptorLimit() * CONNECTION_SHARE),
  );
  server.timeout = IDLE_LIMIT;
  server.on('upgrade', (request, socket, head) => {
    service.gateway.upgrade(request, socket, head);
  });
  server.listen(config.port, config.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    await service.close();
    throw listenError(error, config);
  }
  lastResort.install();
  const giveUp = takePrecedence();
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const url = `http://${host}:${port}${base}`;
  const { isolation, capacity, notices, warnings } = service;
  log.write({
    ...{ event: 'start', url, name: config.name, isolation, capacity: capacity.size },
    ...{ pid: process.pid, node: process.version },
  });
  return {
    ...{ url, notices, warnings },
    drain: () => service.drain(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      await service.close();
      server.closeAllConnections();
      await closed;
      lastResort.uninstall();
      giveUp();
    },
  };
}

/**
 * Refuses what has a body, or could have one, and closes: nothing here takes any, and one without end
 * would be read for nothing.
 */
function refuseBody({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD', Connection: 'close' }).end();
    return true;
  }
  const hasBody = (headers['content-length'] ?? '0') !== '0' || 'transfer-encoding' in headers;
  if (hasBody) response.writeHead(413, { Connection: 'close' }).end();
  return hasBody;
}

/**
 * Whether the port can be had, asked before the site is built for nothing.
 * @throws Error with what to do
 */
export async function checkPort(config: Config): Promise<void> {
  const server = createServer().listen(config.port, config.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, config);
  }
  server.close();
  await once(server, 'close');
}

function listenError(error: unknown, { host, port }: Config): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'EADDRINUSE') {
    return new Error(`Port ${port} is taken. Choose another: PORT=${port + 1} npm start`);
  }
  if (error.code === 'EACCES') {
    return new Error(
      `Port ${port} is not yours to take. Choose one above 1023: PORT=4321 npm start`,
    );
  }
  return new Error(`The server can’t listen on ${host}:${port}: ${error.message}`);
}
