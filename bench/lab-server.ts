/** The server that `labs` and `ends` use: the real one, with labs of their own beside the book's. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { settingTexts } from '../sandbox-server/config.ts';
import type { Reader } from '../sandbox-server/testing/reader.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { until } from '../testing/until.ts';

const SCRIPT = join(import.meta.dirname, 'serve-labs.ts');

/**
 * What keeps a server from being measured: runs are many, last long, and some wait a while for their
 * turn. A setting that this server does not have is left out.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  READABLE_SESSIONS: '200',
  READABLE_TIME_LIMIT: '7200',
  READABLE_QUEUE: '0',
  // Each reader then has an address of its own: see anyReader().
  READABLE_PROXY: '127.0.0.1',
};

/** The setting that says how many sandboxes are kept warm. */
export const WARM = 'READABLE_WARM';

/** The lab that is measured: a server on the library, and this many clients. */
export const CONNECTED_LAB = 'echo-listener';
/** See {@link CONNECTED_LAB}. */
export const CLIENTS = 2;

/** Whether this server has a setting. */
export function hasSetting(name: string): boolean {
  return settingTexts().some((setting) => setting.name === name);
}

/** Starts the server. @param environment settings of the measurement's own */
export function startLabServer(
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const usual = Object.entries(SETTINGS).filter(([name]) => hasSetting(name));
  return ServerProcess.start({
    script: SCRIPT,
    environment: { ...Object.fromEntries(usual), ...environment },
  });
}

/** Waits until as many sandboxes are warm as should be. */
export async function restocked(server: ServerProcess): Promise<void> {
  await until('as many sandboxes are warm as should be', async () => {
    const metrics = await (await server.get('metrics')).text();
    const valueOf = (name: string): string | undefined =>
      new RegExp(`^readable_${name} (\\d+)$`, 'm').exec(metrics)?.[1];
    const waiting = valueOf('warm_sandboxes');
    return waiting !== undefined && waiting === valueOf('warm_sandboxes_wanted');
  });
}

/** Fields of the request of a reader at an address that no other has, as a proxy would add them. */
export function anyReader(): Record<string, string> {
  return { 'X-Forwarded-For': `10.${[...randomBytes(3)].join('.')}` };
}

/** How many clients of a reader's run have been connected. */
export function connections({ messages }: Reader): number {
  return messages.filter((message) => message.type === 'client' && message.state === 'connected')
    .length;
}
