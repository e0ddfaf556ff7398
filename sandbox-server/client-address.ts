/** Where a request came from: the socket’s other end or, behind proxies of the operator’s, what they say. */
import type { IncomingMessage } from 'node:http';
import { isIP, type BlockList } from 'node:net';

/** An address alone: without a port, brackets, or the disguise of IPv4 as IPv6. */
function bare(text: string): string | undefined {
  const trimmed = text.trim();
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed) ?? [];
  const [, before] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(trimmed) ?? [];
  const address = (bracketed ?? before ?? trimmed).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}

function includes(proxies: BlockList, address: string): boolean {
  return proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * The address that a request came from. Each proxy puts the address that it was asked from at the end of
 * X-Forwarded-For. Whatever stands before the last stranger’s was said by that stranger, so the field is
 * read from its end, and only as long as proxies of the operator’s have written it.
 * @param proxies the addresses of the operator’s proxies
 * @returns an address as {@link isIP} knows them, or `unknown` once the socket is gone
 */
export function clientAddress(
  { headers, socket }: { readonly headers: IncomingMessage['headers']; readonly socket: Peer },
  proxies: BlockList,
): string {
  let address = bare(socket.remoteAddress ?? '');
  if (address === undefined) return 'unknown';
  const said = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  while (includes(proxies, address)) {
    const before = bare(said.pop() ?? '');
    if (before === undefined) break;
    address = before;
  }
  return address;
}

/** The part of a socket that tells its other end. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
}
