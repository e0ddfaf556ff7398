/** What a program of a lab may not import, and what it uses instead. Pure; ESLint reads it, too. */

/** Node’s modules that make network connections by themselves. */
const NETWORKING = ['net', 'dgram', 'http', 'https', 'http2', 'tls', 'dns', 'dns/promises'];

/** Their names, as programs may write them. */
export const FORBIDDEN_IMPORTS: readonly string[] = NETWORKING.flatMap((name) => [
  name,
  `node:${name}`,
]);

/** Why not, and what instead. */
export const WHY_FORBIDDEN =
  'Programs make their system calls through libevent-ts, so that the page can show and count them. ' +
  'Use socket, bind, listen, connect and getaddrinfo of “libevent-ts/sys”, or Evconnlistener and ' +
  'Bufferevent of “libevent-ts”.';
