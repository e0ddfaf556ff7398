/**
 * Attacks other networks: the server’s own port on loopback, an abstract unix socket of the computer’s, the
 * address that clouds tell their secrets on, and the local network.
 * Must hold: nobody is there.
 */
import { connect, type NetConnectOpts } from 'node:net';
import { networkInterfaces } from 'node:os';
import { field, type Attack } from './kernel.ts';

async function reaches(to: NetConnectOpts): Promise<string> {
  return new Promise((resolve) => {
    const attempt = connect({ ...to, timeout: 2000 });
    attempt.on('connect', () => resolve('connected'));
    attempt.on('timeout', () => resolve('timeout'));
    attempt.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

const networks: Attack = async (given) => ({
  interfaces: Object.keys(networkInterfaces()),
  server: await reaches({ host: '127.0.0.1', port: Number(field(given, 'port')) }),
  abstract: await reaches({ path: `\0${field(given, 'abstract')}` }),
  metadata: await reaches({ host: '169.254.169.254', port: 80 }),
  local: await reaches({ host: '192.168.1.1', port: 80 }),
  internet: await reaches({ host: '2001:db8::1', port: 80 }),
});
export default networks;
