/** What the status line says: from a lab's situation to words that a reader understands. Pure. */
import type { IsolationName, ProcessEnd, SessionEnd } from '../protocol/messages.ts';

/** Why a run is over, as the page sees it: what the server said, or what happened to the connection. */
export type RunEnd =
  | SessionEnd
  /** The connection closed, or broke the protocol, before the server had given a reason. */
  | { readonly kind: 'lost'; readonly why: 'closed' | 'gap' | 'too-large' | 'garbled' }
  /** There was no connection at all. */
  | { readonly kind: 'unreachable' }
  /** The page is older or newer than the server. */
  | { readonly kind: 'outdated' };

/** What a lab is doing. */
export type Situation =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'running';
      readonly programs: number;
      readonly clients: number;
      readonly isolation: IsolationName;
    }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'over'; readonly end: RunEnd; readonly serverIsBack: boolean };

/** The values of `data-state` that a run can bring about. */
export type LabState = 'idle' | 'starting' | 'running' | 'exited' | 'stopped' | 'failed';

/** What a reader may know a signal by. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGINT: ', as Ctrl-C does',
  SIGQUIT: ', as Ctrl-\\ does',
  SIGHUP: ', as a closed terminal does',
  SIGSEGV: ': it touched memory that is not its own',
  SIGABRT: ': it gave up by itself',
  SIGXCPU: ': it used up its processor time',
  SIGSYS: ': it made a system call that the sandbox forbids',
};

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes > 0 && seconds % 60 === 0) return plural(minutes, 'minute', 'minutes');
  return plural(seconds, 'second', 'seconds');
}

function size(bytes: number): string {
  const mebibyte = 1024 * 1024;
  if (bytes >= mebibyte) return `${Math.round((bytes / mebibyte) * 10) / 10} MB`;
  if (bytes >= 1024) return `${Math.round(bytes / 1024)} KB`;
  return plural(bytes, 'byte', 'bytes');
}

/**
 * A message from elsewhere as a sentence of ours: one full stop at its end. Further lines, those of a
 * program say, stay as they are.
 */
function sentence(message: string): string {
  const [first = '', ...lines] = message.trim().split('\n');
  return [`${first.replace(/[.\s]+$/, '')}.`, ...lines].join('\n');
}

/**
 * How a process ended, in words.
 * @param who the subject of the sentence: `The server`, `alice`
 */
export function processEndText(who: string, end: ProcessEnd): string {
  switch (end.kind) {
    case 'exited':
      return `${who} exited with code ${end.code}.`;
    case 'signaled':
      return `${who} was killed by ${end.signal}${SIGNALS[end.signal] ?? ''}.`;
    case 'stopped':
      return `${who} was stopped.`;
    case 'failed':
      return `${who} could not be started: ${sentence(end.message)}`;
  }
}

function lostText(why: 'closed' | 'gap' | 'too-large' | 'garbled'): string {
  switch (why) {
    case 'closed':
      return 'The connection to the sandbox server was lost; this run is gone.';
    case 'gap':
      return 'A part of the output was lost on the way from the sandbox server, so this run was ended.';
    case 'too-large':
      return 'More was sent at once than the sandbox server takes, so it ended this run.';
    case 'garbled':
      return 'The sandbox server sent something this page does not understand, so this run was ended.';
  }
}

/** Why a run is over, in words. */
export function endText(end: RunEnd): string {
  switch (end.kind) {
    case 'finished':
      return processEndText('The server', end.end);
    case 'stopped':
      return 'You stopped it: every process of this run is gone.';
    case 'time-limit':
      return `Time limit: a run may last ${duration(end.seconds)}. Click Run for another.`;
    case 'output-limit':
      return `Output limit: a run may print ${size(end.bytes)}. Click Run for another.`;
    case 'no-room':
      return `No room now: ${sentence(end.message)} Try again in a minute.`;
    case 'refused':
      return `The sandbox server refused: ${sentence(end.message)}`;
    case 'failed':
      return `This run failed: ${sentence(end.message)}`;
    case 'shutdown':
      return 'The sandbox server is shutting down; this run is gone.';
    case 'lost':
      return lostText(end.why);
    case 'unreachable':
      return 'The sandbox server does not answer.';
    case 'outdated':
      return 'This page and the sandbox server are of different versions. Reload the page.';
  }
}

/** Whether only the server's return can help, so that the page should watch for it. */
export function waitsForServer(end: RunEnd): boolean {
  return (
    end.kind === 'shutdown' ||
    end.kind === 'unreachable' ||
    (end.kind === 'lost' && end.why === 'closed')
  );
}

/** The `data-state` that goes with a situation. */
export function labState(situation: Situation): LabState {
  switch (situation.kind) {
    case 'idle':
    case 'starting':
    case 'running':
      return situation.kind;
    case 'stopping':
      return 'running';
    case 'over':
      break;
  }
  const { end } = situation;
  switch (end.kind) {
    case 'finished':
      return end.end.kind === 'failed' ? 'failed' : 'exited';
    case 'stopped':
    case 'time-limit':
    case 'output-limit':
      return 'stopped';
    default:
      return 'failed';
  }
}

/** What the status line says of a situation. */
export function statusText(situation: Situation): string {
  switch (situation.kind) {
    case 'idle':
      return 'Not running.';
    case 'starting':
      return 'Starting a sandbox…';
    case 'running': {
      const { programs, clients, isolation } = situation;
      const who = [
        plural(programs, 'program', 'programs'),
        ...(clients > 0 ? [plural(clients, 'client', 'clients')] : []),
      ].join(' and ');
      return isolation === 'none'
        ? `Running: ${who}, without isolation on this computer.`
        : `Running: ${who} in a sandbox of your own.`;
    }
    case 'stopping':
      return 'Stopping…';
    case 'over': {
      if (!waitsForServer(situation.end)) return endText(situation.end);
      return situation.serverIsBack
        ? 'The sandbox server is back. Click Run.'
        : `${endText(situation.end)} Waiting for the server…`;
    }
  }
}
