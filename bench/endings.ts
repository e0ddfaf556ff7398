/** Every way in which a run comes to its end. */
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { WebSocket } from 'ws';
import {
  MAX_START_FRAME,
  PROTOCOL_VERSION,
  SESSION_PATH,
  type ServerMessage,
} from '../protocol/messages.ts';
import type { Reader } from '../sandbox-server/testing/reader.ts';
import { killProcess } from '../sandbox-server/process/process-tree.ts';
import { processesBelow, type Seen } from './census.ts';
import type { Random } from './random.ts';

/** Close codes of RFC 6455, 7.4.1. */
const GOING_AWAY = 1001;
/** More than the server forgives. */
const ERRORS = 10;
/** In bytes. More than the first message may have, which has a reader’s programs in it. */
const TOO_LARGE = MAX_START_FRAME + 1;

/** A run that is about to end. */
export interface Doomed {
  readonly reader: Reader;
  readonly random: Random;
  /** The process of its server, and where that listens. */
  readonly server: number;
  readonly port: number;
  /** The name that its program has taken, in its command line. */
  readonly name: string;
}

/** When it ends. */
export const MOMENTS = ['asked', 'welcome', 'started', 'half connected', 'connected'] as const;
/** When a run ends. */
export type Moment = (typeof MOMENTS)[number];

/** What a program does before its run ends, that it goes on with: words of the lab `rough`. */
export const MANNERS = ['stay', 'daemon', 'fork', 'ignore', 'stop'] as const;

/** How it ends. */
export interface Ending {
  readonly name: string;
  /** The program ends the run itself: the word that makes it. */
  readonly word?: string;
  /** Needs a program that has its name: how it may behave. */
  readonly manners?: readonly (typeof MANNERS)[number][];
  act(run: Doomed): unknown;
}

function has({ messages }: Reader, type: ServerMessage['type']): boolean {
  return messages.some((message) => message.type === type);
}

function isAt(reader: Reader, moment: Moment): boolean {
  const { messages } = reader;
  switch (moment) {
    case 'asked':
      return true;
    case 'welcome':
      return has(reader, 'welcome');
    case 'started':
      return has(reader, 'started');
    case 'half connected':
      return messages.some((message) => message.type === 'started' && message.role === 'client');
    case 'connected':
      return messages.filter((message) => message.type === 'client').length >= 2;
  }
}

/** Waits until a run is so far, or has ended before. */
export async function reach(reader: Reader, moment: Moment): Promise<void> {
  await reader.until(
    moment,
    () => isAt(reader, moment) || has(reader, 'session-ended') || reader.closed !== undefined,
  );
}

function stop({ reader }: Doomed): void {
  if (reader.socket.readyState === reader.socket.OPEN) reader.say({ type: 'stop' });
}

function cut({ reader }: Doomed): void {
  reader.socket.terminate();
}

/** Comes back, unless there is nothing to come back to yet. */
async function comeBack({ reader }: Doomed): Promise<void> {
  if (has(reader, 'welcome')) await reader.comeBack();
}

/** Shows the session's token on a WebSocket of its own. */
async function intrude({ reader, port }: Doomed): Promise<WebSocket | undefined> {
  const welcome = reader.messages.find((message) => message.type === 'welcome');
  if (!welcome) return undefined;
  const origin = `http://127.0.0.1:${String(port)}`;
  const socket = new WebSocket(`ws://127.0.0.1:${String(port)}${SESSION_PATH}`, { origin });
  socket.on('error', () => {});
  await once(socket, 'open');
  const { token } = welcome;
  socket.send(JSON.stringify({ type: 'resume', version: PROTOCOL_VERSION, token, received: 0 }));
  await Promise.race([once(socket, 'message'), once(socket, 'close')]);
  return socket;
}

function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${String(pid)}/ns/net`);
  } catch {
    return undefined;
  }
}

/** The processes of one run: all that its server started and that are in its program's network. */
function processesOf({ server, name }: Doomed): { all: Seen[]; program: Seen } | undefined {
  const below = processesBelow(server);
  const program = below.find(({ command }) => command.startsWith(name));
  const network = program && networkOf(program.pid);
  if (program === undefined || network === undefined) return undefined;
  return { all: below.filter(({ pid }) => networkOf(pid) === network), program };
}

function kill(run: Doomed, choose: (all: readonly Seen[], program: Seen) => readonly Seen[]): void {
  const found = processesOf(run);
  if (!found) return;
  for (const { pid } of choose(found.all, found.program)) killProcess(pid);
}

/** The process that joins the sandbox for the program, which the server started. */
function wrapperOf(all: readonly Seen[], program: Seen, server: number): Seen[] {
  const parentOf = ({ parent }: Seen): Seen | undefined =>
    parent === server ? undefined : all.find(({ pid }) => pid === parent);
  let wrapper = program;
  for (let above = parentOf(wrapper); above; above = parentOf(wrapper)) wrapper = above;
  return [wrapper];
}

/** All endings. */
export const ENDINGS: readonly Ending[] = [
  { name: 'Stop', act: stop },
  {
    name: 'Stop, and the tab closed at once',
    act(run) {
      stop(run);
      run.reader.socket.close(GOING_AWAY);
    },
  },
  {
    name: 'Stop, and the network cut at once',
    act(run) {
      stop(run);
      cut(run);
    },
  },
  { name: 'the tab closed, with a word', act: ({ reader }) => reader.socket.close(GOING_AWAY) },
  { name: 'the network cut', act: cut },
  {
    name: 'cut, back, Stop',
    async act(run) {
      cut(run);
      await comeBack(run);
      stop(run);
    },
  },
  {
    name: 'cut, and two others come back for it at once',
    async act(run) {
      cut(run);
      const others = await Promise.all([intrude(run), intrude(run)]);
      for (const other of others) other?.terminate();
    },
  },
  {
    name: 'another comes back for it, and both are cut',
    async act(run) {
      (await intrude(run))?.terminate();
      cut(run);
    },
  },
  {
    name: 'back without a cut, and cut',
    async act(run) {
      await comeBack(run);
      cut(run);
    },
  },
  {
    name: 'Stop, cut, and back for the last words',
    async act(run) {
      stop(run);
      cut(run);
      await comeBack(run);
      const { reader } = run;
      await reader.until('an answer', () => has(reader, 'resumed') || reader.closed !== undefined);
      // The cut may have taken the first one, which a page would say again.
      stop(run);
    },
  },
  {
    name: 'messages against the protocol',
    act({ reader: { socket } }) {
      for (let index = 0; index < ERRORS; index++) socket.send('no message');
    },
  },
  {
    name: 'a message that is too large',
    act: ({ reader: { socket } }) => socket.send(Buffer.alloc(TOO_LARGE)),
  },
  {
    name: 'another client asked for, and Stop',
    act(run) {
      run.reader.say({ type: 'connect', cols: 80, rows: 24 });
      stop(run);
    },
  },
  {
    name: 'another program asked for, and Stop',
    act(run) {
      run.reader.say({ type: 'launch', program: 'beside', cols: 80, rows: 24 });
      stop(run);
    },
  },
  {
    name: 'Ctrl-C',
    manners: ['stay', 'daemon', 'fork'],
    act: ({ reader }) => reader.type('server', '\u0003'),
  },
  { name: 'exit(3)', word: 'exit', act() {} },
  { name: 'an exception', word: 'throw', act() {} },
  { name: 'SIGKILL to itself', word: 'die', act() {} },
  { name: 'exit, and a daemon stays', word: 'leave', act() {} },
  { name: 'too much output', word: 'print', act() {} },
  {
    name: 'too much output to a page that reads nothing, and cut',
    word: 'print',
    act(run) {
      run.reader.socket.pause();
      cut(run);
    },
  },
  {
    name: 'SIGKILL to the program',
    manners: MANNERS,
    act: (run) => kill(run, (_, program) => [program]),
  },
  {
    name: 'SIGKILL to its wrapper',
    manners: MANNERS,
    act: (run) => kill(run, (all, program) => wrapperOf(all, program, run.server)),
  },
  {
    name: 'SIGKILL to the holder, and Stop',
    manners: MANNERS,
    act(run) {
      kill(run, (all) => all.filter(({ command }) => /(?:^|\/)cat$/.test(command)));
      stop(run);
    },
  },
  {
    name: 'SIGKILL to the holder’s command, and the network cut',
    manners: MANNERS,
    act(run) {
      kill(run, (all) => {
        const cats = all.filter(({ command }) => /(?:^|\/)cat$/.test(command));
        return processesBelow(run.server).filter(({ pid }) =>
          cats.some(({ parent }) => parent === pid),
        );
      });
      cut(run);
    },
  },
  {
    name: 'SIGKILL to a client, and Stop',
    manners: MANNERS,
    act(run) {
      kill(run, (all) => [
        run.random.of(all.filter(({ command }) => command.includes('guest/client'))),
      ]);
      stop(run);
    },
  },
  {
    name: 'SIGKILL to everything of it',
    manners: MANNERS,
    act: (run) => kill(run, (all) => all),
  },
];

/** Waits until a run's WebSocket is closed. */
export async function isClosed({ socket }: Reader, limit: number): Promise<boolean> {
  if (socket.readyState === socket.CLOSED) return true;
  const signal = AbortSignal.timeout(limit);
  try {
    await once(socket, 'close', { signal });
    return true;
  } catch {
    return false;
  }
}
