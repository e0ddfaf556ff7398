/** What is said of a crowd, in words that a reader understands. Pure. */
import type { CrowdState } from '../protocol/crowd-feed.ts';
import { comersOf, type Curve } from './crowd-curves.ts';
import { gaugeText } from './gauge-text.ts';

/** Why a client could not connect: errno(3), as a client of a server on its own computer meets it. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'reset by the server',
  ETIMEDOUT: 'no answer within 10 seconds',
  EMFILE: 'the crowd itself has no descriptor left',
  ENFILE: 'the computer has no descriptor left',
  ENOBUFS: 'no memory for its buffers',
  ENOMEM: 'no memory',
  EADDRNOTAVAIL: 'no port left to connect from',
};

function number(value: number): string {
  return value.toLocaleString('en');
}

/** What a program prints that could not have something: strerror(3) of what the kernel is out of, or a name of errno(3). */
const COMPLAINT =
  /\b(?:Resource temporarily unavailable|Too many open files|Cannot allocate memory|No buffer space available|E(?:AGAIN|[MN]FILE|NOMEM|NOBUFS))\b/;
/** So much of what a program has printed is looked through, and so much of a line is said, in characters. */
const LOOKED_THROUGH = 4096;
const MOST_SAID = 60;

/**
 * The latest line of a program’s output that says what it could not have; undefined if there is none.
 * @param printed all of it, or its end
 */
export function complaintIn(printed: string): string | undefined {
  const lines = printed.slice(-LOOKED_THROUGH).split('\n');
  const line = lines.findLast((each) => COMPLAINT.test(each))?.trim();
  if (line === undefined || line.length <= MOST_SAID) return line;
  return `${line.slice(0, MOST_SAID - 1).trimEnd()}…`;
}

/**
 * How a crowd is, in two or three sentences.
 * @param complaint what the server program has said that it could not have
 */
export function crowdText(state: CrowdState, complaint?: string): string {
  const { wanted, connecting, connected, closed, failed, reasons, talks, sent, answered } = state;
  const comers = comersOf(state);
  const come = comers + connecting;
  const begin =
    comers < wanted
      ? `${number(comers)} of ${number(wanted)} have come`
      : `All ${number(wanted)} have come`;
  const parts = [`${number(connected)} connected`];
  if (closed > 0) parts.push(`${number(closed)} closed by the server`);
  if (failed > 0) parts.push(`${number(failed)} not connected`);
  // Those in a full queue are neither: the kernel tries again for them, later each time.
  if (connecting > 0 && (come >= wanted || connecting > 50))
    parts.push(`${number(connecting)} waiting`);
  const sentences = [`${begin}: ${parts.join(', ')}.`];
  if (closed > 0) {
    sentences.push(
      complaint === undefined ? 'Its output may say why.' : `Its output says: “${complaint}”.`,
    );
  }
  const [reason] = reasons;
  if (reason) sentences.push(`${reason.code}: ${REASONS[reason.code] ?? 'the kernel refused'}.`);
  if (talks) sentences.push(`Lines: ${number(sent)} sent, ${number(answered)} back.`);
  return sentences.join(' ');
}

/** How long a line took. */
function lineTime(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(2) : Math.round(milliseconds)} ms`;
}

/** A figure of a curve with its unit. */
export function curveText(curve: Curve, value: number): string {
  if (curve === 'line' || curve === 'slow') return lineTime(value);
  if (curve !== 'memory') return gaugeText(curve, value);
  return `${Math.round(value / 1024 ** 2)} MB`;
}

/** The end of a curve’s axis, which is a round number. */
export function axisText(curve: Curve, value: number): string {
  if (curve !== 'line' && curve !== 'slow') return curveText(curve, value);
  return value >= 1000 ? `${value / 1000} s` : `${value} ms`;
}
