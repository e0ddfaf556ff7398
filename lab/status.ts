/** What the status line says: from a lab's situation to words that a reader understands. Pure. */
import type { IsolationName, ProcessEnd, SessionEnd } from '../protocol/messages.ts';
import type { UnderWay } from './measured.ts';
import type { Measures } from './measures.ts';
import { placeText, sentence } from './sentence.ts';

/** What keeps a page from its sandbox server, where there is no connection at all. */
export type Barrier =
  /** Nobody answers. */
  | { readonly kind: 'unreachable' }
  /** The reader’s device has no network. */
  | { readonly kind: 'offline' }
  /** The server does not go by the name, with the port if need be, that the page was opened by. */
  | { readonly kind: 'unknown-name'; readonly name: string }
  /** The server answers requests, but no WebSocket gets through to it. */
  | { readonly kind: 'no-upgrade' }
  /** The reader’s address has as many connections open as the server takes from one. */
  | { readonly kind: 'too-many-connections'; readonly most: number | undefined }
  | Extract<SessionEnd, { kind: 'no-room' | 'shutdown' }>;

/** How a connection came to its end before the server had given a reason. */
type Loss =
  /** It closed, and did not come back in time. */
  | 'closed'
  /** It came back, and the server no longer had the run. */
  | 'gone'
  /** It broke the protocol. */
  | 'gap'
  | 'too-large'
  | 'garbled';

/** Why a run is over, as the page sees it: what the server said, or what happened to the connection. */
export type RunEnd =
  | SessionEnd
  | Barrier
  | { readonly kind: 'lost'; readonly why: Loss }
  /** The reader stopped it while the connection was lost, so that the server has not heard of it. */
  | { readonly kind: 'stopped-unheard' }
  /** The reader stopped it while it waited for a place. */
  | { readonly kind: 'left-queue' }
  /** The reader went to another page. */
  | { readonly kind: 'left' }
  /** The page is older or newer than the server. */
  | { readonly kind: 'outdated' };

/** Whether the connection of a run is lost, and the reader’s device without a network too. */
export type Line = 'up' | 'lost' | 'offline';

/** Where in the queue for a place a run is. */
export interface QueueRank {
  /** How many are before it. */
  readonly ahead: number;
  /** About how long it waits, in seconds, if anything tells. */
  readonly wait: number | undefined;
  /** Whether it waits since another measurement is under way on the server’s machine. */
  readonly measuring?: boolean;
}

/** How far a measurement has come. */
export interface Measuring {
  readonly kind: Measures['kind'];
  /** What is being measured; undefined before the first and after the last. */
  readonly underWay: UnderWay | undefined;
}

/** What a lab is doing. */
export type Situation =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting'; readonly line: Line }
  | ({ readonly kind: 'queued'; readonly line: Line } & QueueRank)
  | {
      readonly kind: 'running';
      readonly line: Line;
      readonly programs: number;
      readonly clients: number;
      readonly isolation: IsolationName;
      /** Whether one of the programs reads what is typed into its terminal. */
      readonly reads?: boolean;
      /** For so many seconds nothing has happened, if that is long. */
      readonly idle?: number | undefined;
      /** Whether it is the check of an exercise. */
      readonly checks?: boolean;
      /** Of a lab that is a measurement: how far it has come. */
      readonly measuring?: Measuring | undefined;
      /** What the reader is to do, while a step waits for them: a sentence without its full stop. */
      readonly turn?: string | undefined;
      /** The client whose terminal the reader may type into, before they have typed anything. */
      readonly invites?: string | undefined;
    }
  | { readonly kind: 'stopping' }
  | {
      readonly kind: 'over';
      readonly end: RunEnd;
      readonly serverIsBack: boolean;
      /** What the check of an exercise has found, as a sentence; undefined where there was none. */
      readonly verdict?: string | undefined;
    };

/** The values of `data-state` that a run can bring about. */
export type LabState = 'idle' | 'queued' | 'starting' | 'running' | 'exited' | 'stopped' | 'failed';

/** What a reader may know a signal by. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGINT: ', as Ctrl-C does',
  SIGQUIT: ', as Ctrl-\\ does',
  SIGHUP: ', as a closed terminal does',
  SIGSEGV: ': it touched memory that is not its own',
  SIGABRT: ': it aborted',
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

function lostText(why: Loss): string {
  switch (why) {
    case 'closed':
      return 'The connection to the sandbox server was lost and did not come back, so this run is gone.';
    case 'gone':
      return 'The connection was lost, and when it came back, the sandbox server no longer had this run.';
    case 'gap':
      return 'Part of the output was lost on its way here, so this run was ended.';
    case 'too-large':
      return 'This page sent more at once than the sandbox server accepts, so this run was ended.';
    case 'garbled':
      return 'The sandbox server sent something that this page does not understand, so this run was ended.';
  }
}

function budgetText({ resource, most }: Extract<SessionEnd, { kind: 'budget' }>): string {
  const number = most.toLocaleString('en');
  switch (resource) {
    case 'memory':
      return `Out of memory: a run may use ${Math.round(most / 1024 ** 2).toLocaleString('en')} MiB.`;
    case 'processes':
      return `Too many processes: a run may have ${number} processes and threads.`;
    case 'processor':
      return 'Too many processes at work at once: a run has to leave processor time for others.';
    case 'descriptors':
      return `Too many open descriptors: a run may have ${number}.`;
  }
}

function faultyText({ count, first }: Extract<SessionEnd, { kind: 'faulty' }>): string {
  const others =
    count > 1 ? ` ${plural(count - 1, 'more mistake follows', 'more mistakes follow')}.` : '';
  return `Nothing was run. ${placeText(first)}: ${sentence(first.message)}${others}`;
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
    case 'yielded':
      return `This run gave its place to one that was waiting: nothing had happened here for ${duration(end.seconds)}. Click Run for another.`;
    case 'budget':
      return `${budgetText(end)} Click Run for another.`;
    case 'no-room':
      return `No room now: ${sentence(end.message)} Try again in a minute.`;
    case 'faulty':
      return faultyText(end);
    case 'refused':
      return `The sandbox server refused: ${sentence(end.message)}`;
    case 'failed':
      return `This run failed: ${sentence(end.message)}`;
    case 'shutdown':
      return 'The sandbox server was shut down, so this run is gone.';
    case 'lost':
      return lostText(end.why);
    case 'stopped-unheard':
      return 'You stopped it while the connection was lost. The sandbox server ends this run as soon as it hears of that, or after a while.';
    case 'left-queue':
      return 'You left the queue. Click Run to join it again.';
    case 'left':
      return 'You left the page, so this run was ended.';
    case 'unreachable':
      return 'The sandbox server did not answer.';
    case 'offline':
      return 'You were offline, so the sandbox server could not be reached.';
    case 'unknown-name':
      return (
        `This server does not know the name ${end.name} as its own, so it runs nothing for this page. ` +
        `If you run the server, start it with READABLE_HOSTS=${end.name}`
      );
    case 'no-upgrade':
      return (
        'The sandbox server answers, but something between it and this page lets no WebSocket through. ' +
        'If you run the proxy, make it forward WebSocket upgrades for /session.'
      );
    case 'too-many-connections': {
      const most = end.most === undefined ? '' : `: at most ${end.most}`;
      return `Too many connections are open from your address${most}. Stop a run or close a page, and click Run again.`;
    }
    case 'outdated':
      return 'This page and the sandbox server come from different versions. Reload the page.';
  }
}

/** Whether only the server's return can help, so that the page should watch for it. */
export function waitsForServer(end: RunEnd): boolean {
  return (
    end.kind === 'shutdown' ||
    end.kind === 'unreachable' ||
    end.kind === 'offline' ||
    (end.kind === 'lost' && end.why === 'closed')
  );
}

/** The `data-state` that goes with a situation. */
export function labState(situation: Situation): LabState {
  switch (situation.kind) {
    case 'idle':
    case 'queued':
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
    case 'stopped-unheard':
    case 'left-queue':
    case 'left':
    case 'time-limit':
    case 'output-limit':
    case 'yielded':
      return 'stopped';
    default:
      return 'failed';
  }
}

function queuedText({ ahead, wait, measuring = false }: QueueRank): string {
  if (measuring) {
    const before =
      ahead === 0 ? '' : ` ${plural(ahead, 'run is', 'runs are')} ahead of yours in the queue.`;
    return (
      'Another measurement is under way on this machine. Two at once would spoil each other, so yours waits.' +
      `${before} Stop leaves the queue.`
    );
  }
  const before =
    ahead === 0
      ? 'Your run is next. It'
      : `${plural(ahead, 'run is', 'runs are')} ahead of yours in the queue. Yours`;
  return `All places are taken. ${before} starts by itself${waitText(wait)}; Stop leaves the queue.`;
}

function waitText(seconds: number | undefined): string {
  if (seconds === undefined) return '';
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 1 ? ', within about a minute' : `, in about ${minutes} minutes`;
}

function measuringText({ kind, underWay }: Measuring): string {
  if (!underWay) return 'Measuring.';
  const { label, order, position, of } = underWay;
  const load =
    kind === 'servers'
      ? plural(order.clients, 'client', 'clients')
      : plural(order.busy, 'busy descriptor', 'busy descriptors');
  return `Measuring ${label} with ${load}, ${position} of ${of}.`;
}

/** @param typing whether anything takes what is typed */
function idleText(seconds: number, typing: boolean): string {
  const keep = typing ? 'Type something' : 'Connect a client';
  return `Nothing has happened here for ${duration(seconds)}: if other readers are waiting, this run ends first. ${keep} to keep it.`;
}

/** @param client the name of a terminal: `bob` */
function inviteText(client: string): string {
  return `Type a line into ${client.charAt(0).toUpperCase()}${client.slice(1)}’s terminal.`;
}

/** Seconds as a clock shows them: `1:05`. */
function clock(seconds: number): string {
  const rest = String(seconds % 60).padStart(2, '0');
  return `${Math.floor(seconds / 60)}:${rest}`;
}

/**
 * What the clock beside the controls says: how long the run has gone on and how long it may, or that
 * there is none.
 * @param elapsed seconds since it began
 * @param limit seconds that it may last
 */
export function clockText(situation: Situation, elapsed: number, limit: number): string {
  switch (situation.kind) {
    case 'idle':
      return 'not running';
    case 'starting':
      return 'starting';
    case 'queued':
      return 'in the queue';
    case 'running':
    case 'stopping': {
      // Both count whole seconds, and add up to the limit.
      const passed = Math.min(Math.floor(elapsed), limit);
      return `${clock(passed)} · ${clock(limit - passed)} left`;
    }
    case 'over':
      return `over after ${clock(Math.floor(elapsed))}`;
  }
}

/** What the status line says of a situation. */
export function statusText(situation: Situation): string {
  if ('line' in situation && situation.line !== 'up') {
    const why = situation.line === 'offline' ? ': you are offline' : '';
    return `The connection is lost${why}. Trying again…`;
  }
  switch (situation.kind) {
    case 'idle':
      return 'Not running.';
    case 'starting':
      return 'Starting a sandbox…';
    case 'queued':
      return queuedText(situation);
    case 'running': {
      const { programs, clients, isolation, idle, reads = false, turn, invites } = situation;
      if (situation.measuring) return measuringText(situation.measuring);
      if (situation.checks) return 'Checking your program. Stop ends the check.';
      const who = [
        plural(programs, 'program', 'programs'),
        ...(clients > 0 ? [plural(clients, 'client', 'clients')] : []),
      ].join(' and ');
      const where =
        isolation === 'none' ? 'without isolation on this computer' : 'in a sandbox of your own';
      const running = `Running: ${who}${isolation === 'none' ? ',' : ''} ${where}.`;
      if (idle !== undefined) return `${running} ${idleText(idle, clients > 0 || reads)}`;
      if (turn !== undefined) return `${turn}${/[.?!]$/.test(turn) ? '' : '.'} Or click Next step.`;
      if (invites === undefined || clients === 0) return running;
      return `Running ${where}. ${inviteText(invites)}`;
    }
    case 'stopping':
      return 'Stopping…';
    case 'over': {
      if (situation.verdict !== undefined) return situation.verdict;
      if (!waitsForServer(situation.end)) return endText(situation.end);
      // What happened stays to be read: the server may be back within half a second.
      return `${endText(situation.end)} ${
        situation.serverIsBack
          ? 'The sandbox server is back. Click Run.'
          : 'Waiting for the sandbox server…'
      }`;
    }
  }
}
