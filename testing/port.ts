/** Ports for tests. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that the kernel hands out (ip(7), ip_local_port_range): none of the thousands of
 * connections that tests make at the same time gets the same before it is used.
 */
const RANGE = [20_000, 32_000] as const;

/** A port of 127.0.0.1 where nobody listens: one that was just free. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...RANGE);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      // Somebody is there.
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
