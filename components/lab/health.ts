/** The way from the page to its sandbox server: the WebSocket, and what a page can find out without one. */
import type { SandboxServer } from '../../lab/connection.ts';
import type { Barrier } from '../../lab/status.ts';
import { parseDoor, ProtocolError, SESSION_PATH, type Door } from '../../protocol/messages.ts';
import { withBase } from '../base.ts';

const FIRST_DELAY = 500;
const LONGEST_DELAY = 5000;
/** How long an answer may take, in milliseconds. */
const ANSWER_LIMIT = 10_000;

/** Names of this computer itself, which is there without any network. */
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether the reader’s device has no network, and needs one to reach the server. */
export function isOffline(): boolean {
  return !navigator.onLine && !LOOPBACK.test(location.hostname);
}

/** The server that the page came from. */
export const sandboxServer: SandboxServer = {
  open() {
    const url = new URL(withBase(SESSION_PATH), location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new WebSocket(url);
  },
  barrier,
};

async function barrier(): Promise<Barrier | undefined> {
  if (isOffline()) return { kind: 'offline' };
  const url = new URL(withBase(SESSION_PATH), location.href);
  url.searchParams.set('origin', location.origin);
  let door: Door;
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT);
    const response = await fetch(url, { cache: 'no-store', signal });
    door = parseDoor(await response.text());
  } catch (error) {
    // In `astro dev` somebody else answers plain requests; and a proxy does, when nobody is behind it.
    if (error instanceof ProtocolError) return { kind: 'unreachable' };
    return { kind: isOffline() ? 'offline' : 'unreachable' };
  }
  switch (door.refuses) {
    case 'origin':
      return { kind: 'unknown-name', name: location.host };
    case 'sockets':
      return { kind: 'no-room', message: 'Too many readers are here at once.' };
    case 'draining':
      return { kind: 'shutdown' };
    case null:
      return undefined;
  }
}

async function answers(signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(withBase('/healthz'), { cache: 'no-store', signal });
    // In `astro dev` nothing answers this address, but whoever says so is the server.
    return response.ok || import.meta.env.DEV;
  } catch {
    return false;
  }
}

/**
 * Asks `/healthz` again and again, at growing distances, and calls `back` once it answers.
 * @param signal ends the watch
 */
export async function watchForServer(signal: AbortSignal, back: () => void): Promise<void> {
  for (let delay = FIRST_DELAY; !signal.aborted; delay = Math.min(delay * 2, LONGEST_DELAY)) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    // An aborted request counts as no answer.
    if (await answers(signal)) {
      back();
      return;
    }
  }
}
