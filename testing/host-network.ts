/**
 * The network of this computer, for tests of programs that have none of their own. Such programs listen on
 * the port that their lab names, and two test files that run beside each other would take it from each other.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { IsolationName } from '../protocol/messages.ts';
import { until } from './until.ts';

/** As a port, an abstract address is of one network, and is free again however its owner ends: unix(7). */
const ADDRESS = '\0readable-tests-host-network';

/**
 * Waits until no other test’s programs are in the network that those of an isolation would be in, and keeps
 * others out until disposed of. Where each sandbox has its own, there is nothing to wait for.
 */
export async function takeNetwork(isolation: IsolationName): Promise<AsyncDisposable> {
  const holder = createServer();
  if (isolation === 'none') {
    await until('no other test uses the network of this computer', () => {
      holder.listen(ADDRESS);
      return once(holder, 'listening').then(
        () => true,
        () => false,
      );
    });
  }
  return {
    async [Symbol.asyncDispose]() {
      if (!holder.listening) return;
      holder.close();
      await once(holder, 'close');
    },
  };
}
