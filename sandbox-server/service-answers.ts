/** What the server answers to plain requests beside its site: how it is, and why a WebSocket did not open. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../message-of.ts';
import type { Config } from './config.ts';
import { mayRead } from './metrics/readers.ts';
import type { Service } from './service.ts';
import { askedSession } from './session/gateway.ts';

/** The field of `/readyz` that tells a balancer how many runs could begin here now. */
const FREE_PLACES = 'Readable-Free-Places';

/** What is told who may not read the metrics. */
const NOT_FOR_YOU = 'Metrics are for the operator: see READABLE_METRICS in the README.\n';

/**
 * Answers `/healthz`, `/readyz`, `/metrics` and a plain request for a path of sessions.
 * @returns whether it was one of these
 */
export function answerForService(
  service: Service,
  { base, metrics }: Pick<Config, 'base' | 'metrics'>,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { capacity, gateway, isolation, readiness } = service;
  const [path] = (request.url ?? '').split('?');
  // At the root too: whoever watches a server need not know what it is published below.
  const asksFor = (name: string): boolean => path === `/${name}` || path === base + name;
  if (asksFor('healthz')) {
    const { used, size } = capacity;
    sendJson(response, { status: 'ok', isolation, sessions: used, capacity: size });
  } else if (askedSession(request, base)) {
    gateway.answer(request, response);
  } else if (asksFor('readyz')) {
    response.statusCode = readiness === 'ready' ? 200 : 503;
    response.setHeader(FREE_PLACES, gateway.freePlaces);
    sendJson(response, { status: readiness });
  } else if (asksFor('metrics') && metrics !== 'off') {
    if (mayRead(request, metrics)) {
      void sendMetrics(response, service);
    } else {
      response.statusCode = 403;
      send(response, 'text/plain; charset=utf-8', NOT_FOR_YOU);
    }
  } else {
    return false;
  }
  return true;
}

async function sendMetrics(response: ServerResponse, { metrics }: Service): Promise<void> {
  try {
    send(response, metrics.contentType, await metrics.text());
  } catch (error) {
    // No descriptor is left to read memory with, say: whoever asks comes again.
    response.statusCode = 503;
    send(
      response,
      'text/plain; charset=utf-8',
      `The metrics can’t be read now: ${messageOf(error)}\n`,
    );
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  send(response, 'application/json', JSON.stringify(value));
}

function send(response: ServerResponse, type: string, text: string): void {
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.end(text);
}
