/** The one server: the built site, the WebSocket, and `/healthz`, on one port. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { CONTENT, SITE } from '../project.ts';
import type { Config } from './config.ts';
import { descriptorLimit } from './descriptors.ts';
import { asksForWebSocket } from './session/gateway.ts';
import { loadLabs } from './labs.ts';
import { LastResort } from './last-resort.ts';
import { startService } from './service.ts';
import { SiteFiles } from './site-files.ts';

/** A running server. */
export interface RunningServer {
  /** Its address, with a slash at the end. */
  readonly url: string;
  /** Lines for the operator. */
  readonly notices: readonly string[];
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

/** What a server serves, where it is not the project’s own: for tests. */
export interface ServerFolders {
  /** The built site. */
  readonly site?: string;
  /** The folder with the labs. */
  readonly content?: string;
}

/**
 * Starts the server. From then on an exception that nobody caught ends at most one session.
 * @throws Error with what to do: the port is taken, the site is not built, no program can run here, a
 *   lab can't be used
 */
export async function startServer(
  config: Config,
  { site = SITE, content = CONTENT }: ServerFolders = {},
): Promise<RunningServer> {
  if (!existsSync(join(site, 'index.html'))) {
    throw new Error('The site is not built yet: npm run build');
  }
  const files = new SiteFiles(site);
  const lastResort = new LastResort();
  const service = await startService(config, lastResort, await loadLabs(content));
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === '/healthz') {
      const { used, size } = service.capacity;
      sendJson(response, {
        status: 'ok',
        isolation: service.isolation,
        sessions: used,
        capacity: size,
      });
    } else {
      files.respond(request, response);
    }
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
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return {
    url: `http://${host}:${port}/`,
    notices: service.notices,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await service.close();
      server.closeAllConnections();
      await closed;
      lastResort.uninstall();
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

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(value));
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
