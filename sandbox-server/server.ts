/** The one server: the built site, the WebSocket, and `/healthz`, on one port. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';
import { SITE } from '../project.ts';
import type { Config } from './config.ts';
import { startService } from './service.ts';

/** A year, in seconds: files whose name has a hash of what is in them never change. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** A running server. */
export interface RunningServer {
  /** Its address, with a slash at the end. */
  readonly url: string;
  /** Lines for the operator. */
  readonly notices: readonly string[];
  /** Ends every session, then the server. */
  close(): Promise<void>;
}

/**
 * Starts the server.
 * @param content the folder with the labs, for tests
 * @throws Error with what to do: the port is taken, the site is not built, no program can run here
 */
export async function startServer(config: Config, content?: string): Promise<RunningServer> {
  if (!existsSync(join(SITE, 'index.html'))) {
    throw new Error('The site is not built yet: npm run build');
  }
  const service = await startService(config, content);
  const files = sirv(SITE, {
    etag: true,
    gzip: true,
    brotli: true,
    setHeaders: (response, path) => {
      response.setHeader('X-Content-Type-Options', 'nosniff');
      if (path.startsWith('/_astro/')) response.setHeader('Cache-Control', IMMUTABLE);
    },
  });
  const notFound = readFileSync(join(SITE, '404.html'));
  const server = createServer((request, response) => {
    if (request.url === '/healthz') {
      const { used, size } = service.capacity;
      sendJson(response, {
        status: 'ok',
        isolation: service.isolation,
        sessions: used,
        capacity: size,
      });
      return;
    }
    files(request, response, () => {
      response.writeHead(404, { 'Content-Type': 'text/html; charset=utf-8' });
      response.end(notFound);
    });
  });
  server.on('upgrade', (request, socket, head) => {
    service.gateway.upgrade(request, socket, head);
  });
  server.listen(config.port, config.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, config);
  }
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return {
    url: `http://${host}:${port}/`,
    notices: service.notices,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await service.gateway.close();
      server.closeAllConnections();
      await closed;
    },
  };
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
