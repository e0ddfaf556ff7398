/** Who may read `/metrics`. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { Peer } from '../client-address.ts';

/** Nobody, everybody, or who asks from one of these addresses and through no proxy. */
export type MetricsReaders = 'off' | 'all' | BlockList;

/** This computer. */
export function loopback(): BlockList {
  const addresses = new BlockList();
  addresses.addSubnet('127.0.0.0', 8, 'ipv4');
  addresses.addAddress('::1', 'ipv6');
  return addresses;
}

/** What a proxy adds to a request: one at the same computer passes on what strangers ask. */
const PASSED_ON = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * Whether a request for `/metrics` is answered.
 * @param readers who may read
 */
export function mayRead(
  { headers, socket }: { readonly headers: IncomingMessage['headers']; readonly socket: Peer },
  readers: MetricsReaders,
): boolean {
  if (typeof readers === 'string') return readers === 'all';
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(address);
  if (version === 0 || PASSED_ON.some((name) => name in headers)) return false;
  return readers.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
