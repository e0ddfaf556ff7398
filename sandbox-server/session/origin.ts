/** Which pages may open a session: those that this server itself served. */
import type { IncomingMessage } from 'node:http';

/** Addresses to listen on that are none to connect to. */
const ANY_ADDRESS = new Set(['0.0.0.0', '[::]']);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether an address to listen on is this computer’s own, which no other computer reaches.
 * @param bound the address the server listens on
 */
export function isLoopbackHost(bound: string): boolean {
  const name = bound.includes(':') ? `[${bound}]` : bound;
  return LOOPBACK.has(name) || name.startsWith('127.');
}

/**
 * What to tell an operator whose server listens for other computers and knows no name that they use.
 * @param bound the address the server listens on
 * @param hosts further hosts that readers reach the server by
 */
export function hostsWarning(bound: string, hosts: readonly string[]): string | undefined {
  if (isLoopbackHost(bound) || hosts.length > 0) return undefined;
  const name = bound.includes(':') ? `[${bound}]` : bound;
  const known = ANY_ADDRESS.has(name) ? 'localhost' : name;
  return (
    `Other computers can reach this server, but READABLE_HOSTS is empty. Whoever opens the ` +
    `book by another name than ${known} can run nothing. Set it: READABLE_HOSTS=readable.example`
  );
}

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
