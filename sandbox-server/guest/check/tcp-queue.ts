/** What waits in the kernel between two sockets of this computer: proc_net(5). */
import { readFileSync } from 'node:fs';

/** A connection, by its two ports on 127.0.0.1. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

function port(address = ''): number {
  return Number.parseInt(address.slice(address.indexOf(':') + 1), 16);
}

/** The lengths of a socket’s queues in bytes; undefined if there is no such socket. */
function queues(local: number, remote: number): { sent: number; received: number } | undefined {
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, from, to, , both = ''] = line.trim().split(/\s+/);
    if (port(from) !== local || port(to) !== remote) continue;
    const [sent = '', received = ''] = both.split(':');
    return { sent: Number.parseInt(sent, 16), received: Number.parseInt(received, 16) };
  }
  return undefined;
}

/** Whether somebody listens on a port of 127.0.0.1. */
export function listens(port: number): boolean {
  return queues(port, 0) !== undefined;
}

/** Whether all that one end has written was read by the other, or would be if the other end looked. */
export function isRead({ from, to }: Between): boolean {
  return queues(from, to)?.sent === 0 && queues(to, from)?.received === 0;
}
