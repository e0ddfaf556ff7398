/** The way from the page to its sandbox server: the WebSocket, and what a page can find out without one. */
import type { SandboxServer } from '../../lab/connection.ts';
import type { Barrier } from '../../lab/status.ts';
import { parseDoor, SESSION_PATH, type Door } from '../../protocol/messages.ts';
import { withBase } from '../base.ts';
import { ANSWER_LIMIT, isOffline, serverAnswers } from './reach.ts';

const FIRST_DELAY = 500;
const LONGEST_DELAY = 5000;

/** The server that the page came from. */
export const sandboxServer: SandboxServer = {
  open(path) {
    const url = new URL(withBase(path), location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return new WebSocket(url);
  },
  barrier,
};

/** What the server says to a page that has no WebSocket; undefined if nobody says it. */
async function askDoor(): Promise<Door | undefined> {
  const url = new URL(withBase(SESSION_PATH), location.href);
  url.searchParams.set('origin', location.origin);
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT);
    const response = await fetch(url, { cache: 'no-store', signal });
    return parseDoor(await response.text());
  } catch {
    // Or a proxy has answered, because nobody is behind it.
    return undefined;
  }
}

async function barrier(): Promise<Barrier | undefined> {
  if (isOffline()) return { kind: 'offline' };
  const door = await askDoor();
  if (!door) return { kind: isOffline() ? 'offline' : 'unreachable' };
  switch (door.refuses) {
    case 'origin':
      return { kind: 'unknown-name', name: location.host };
    case 'sockets':
      return { kind: 'no-room', message: 'Too many readers are here at once.' };
    case 'reader-sockets':
      return { kind: 'too-many-connections', most: door.most };
    case 'draining':
      return { kind: 'shutdown' };
    case null:
      return undefined;
  }
}

/**
 * Asks whether the server runs what a reader wrote.
 * @returns why not, in a sentence for the reader; undefined if it does
 */
export async function editsRefused(): Promise<string | undefined> {
  const door = await askDoor();
  if (!door)
    return 'The sandbox server did not answer, so this page can’t tell whether it runs your program.';
  return door.edits ?? undefined;
}

/**
 * Asks `/healthz` again and again, at growing distances, and calls `back` once it answers.
 * @param signal ends the watch
 */
export async function watchForServer(signal: AbortSignal, back: () => void): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  for (let delay = FIRST_DELAY; !isOver(); delay = Math.min(delay * 2, LONGEST_DELAY)) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    if (!(await serverAnswers())) continue;
    // Whoever has ended the watch meanwhile wants no answer.
    if (!isOver()) back();
    return;
  }
}
