/** Where a request came from: the socket’s other end or, behind proxies of the operator’s, what they say. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

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

/** The proxies in front of the server, and where they say from whom a request came. */
export interface Proxies {
  readonly addresses: BlockList;
  /** The name of a header field, in small letters: the only one that is read. */
  readonly header: string;
}

/**
 * The address that a request came from. Each proxy puts the address that it was asked from at the end of
 * X-Forwarded-For, or of the field that the operator names. Whatever stands before the last stranger’s was
 * said by that stranger, so the field is read from its end, and only as long as proxies of the operator’s
 * have written it.
 * @param proxies the operator’s proxies
 * @returns an address as {@link isIP} knows them, or `unknown` once the socket is gone
 */
export function clientAddress(
  { headers, socket }: { readonly headers: IncomingMessage['headers']; readonly socket: Peer },
  { addresses, header }: Proxies,
): string {
  let address = bare(socket.remoteAddress ?? '');
  if (address === undefined) return 'unknown';
  const said = [headers[header] ?? []].flat().join(',').split(',');
  while (includes(addresses, address)) {
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

/**
 * What stands for one reader: an IPv4 address, or the first 64 bits of an IPv6 one, of which a household
 * or a rented server has all the rest (RFC 6177).
 * @param address as {@link clientAddress} gives it
 */
export function readerOf(address: string): string {
  if (!isIPv6(address) || isLoopback(address)) return address;
  const [before = '', after] = address.split('%')[0]?.toLowerCase().split('::') ?? [];
  const [head, tail] = [groupsOf(before), groupsOf(after ?? '')];
  const groups = [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')];
  const first = [...groups, ...tail].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${first.join(':')}::/64`;
}

/** The groups of 16 bits in a part of an IPv6 address; one of IPv4 at its end stands for two. */
function groupsOf(part: string): string[] {
  return part.split(':').flatMap((group) => {
    if (group === '') return [];
    return group.includes('.') ? ['0', group] : [group];
  });
}

/** Whether an address is of this computer itself. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Networks that strangers do not come from. */
const OWN_NETWORKS = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  OWN_NETWORKS.addSubnet(network, bits);
}
OWN_NETWORKS.addAddress('::1', 'ipv6');
OWN_NETWORKS.addSubnet('fc00::', 7, 'ipv6');

/**
 * The address of a proxy of the operator’s that they have not named, as it seems, so that all its readers
 * look like one: it is close by, and says for whom it asks.
 */
export function unnamedProxy(
  { headers, socket }: { readonly headers: IncomingMessage['headers']; readonly socket: Peer },
  { addresses, header }: Proxies,
): string | undefined {
  const address = bare(socket.remoteAddress ?? '');
  if (address === undefined || headers[header] === undefined) return undefined;
  return includes(OWN_NETWORKS, address) && !includes(addresses, address) ? address : undefined;
}
