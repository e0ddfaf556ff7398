/** What the server answers to plain requests beside its site: how it is, and why a WebSocket did not open. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Service } from './service.ts';
import { askedSession } from './session/gateway.ts';

/** The field of `/readyz` that tells a balancer how many runs could begin here now. */
const FREE_PLACES = 'Readable-Free-Places';

/**
 * Answers `/healthz`, `/readyz` and a plain request for a path of sessions.
 * @param base what the site is served below
 * @returns whether it was one of these
 */
export function answerForService(
  { capacity, gateway, isolation, readiness }: Service,
  base: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { url } = request;
  // At the root too: whoever watches a server need not know what it is published below.
  if (url === '/healthz' || url === `${base}healthz`) {
    const { used, size } = capacity;
    sendJson(response, { status: 'ok', isolation, sessions: used, capacity: size });
  } else if (askedSession(request, base)) {
    gateway.answer(request, response);
  } else if (url === '/readyz' || url === `${base}readyz`) {
    response.statusCode = readiness === 'ready' ? 200 : 503;
    response.setHeader(FREE_PLACES, gateway.freePlaces);
    sendJson(response, { status: readiness });
  } else {
    return false;
  }
  return true;
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(value));
}
