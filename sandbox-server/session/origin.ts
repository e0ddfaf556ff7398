/** Which pages may open a session: those that this server itself served. */
import type { IncomingMessage } from 'node:http';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a WebSocket's `Origin` is this server. Browsers send it always and pages can't forge it,
 * so no other site can run programs here in its visitors' names. The host must also be one that this
 * server goes by: otherwise a name that its owner points at 127.0.0.1 would pass.
 * @param hosts further hosts that readers reach the server by
 * @param bound the address the server listens on
 */
export function originAllowed(
  request: Pick<IncomingMessage, 'headers'>,
  hosts: readonly string[],
  bound: string,
): boolean {
  const { origin, host } = request.headers;
  if (!origin || !URL.canParse(origin)) return false;
  const from = new URL(origin);
  if (hosts.includes(from.host)) return true;
  if (from.host !== host) return false;
  return LOOPBACK.has(from.hostname) || from.hostname === bound || from.hostname === `[${bound}]`;
}
