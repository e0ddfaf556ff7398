/** What the kernel holds, in words and as parts of a drawing. Pure. */
import type { KernelConnection, KernelListener } from '../protocol/kernel-view.ts';
import { properName } from './timeline-text.ts';

const KiB = 1024;
const MiB = KiB * KiB;
/** As much as a pipe is drawn for: the most that Linux buffers by itself, in bytes. */
const FULL = 6 * MiB;

/** Bytes in a few letters: `15 B`, `2.5 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < KiB) return `${bytes} B`;
  const { unit, size } = bytes < MiB ? { unit: 'KB', size: KiB } : { unit: 'MB', size: MiB };
  const amount = bytes / size;
  return `${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

/** How much of a pipe is filled, from 0 to 1: a few bytes can be seen, and so can more of many. */
export function fillOf(bytes: number): number {
  return bytes <= 0 ? 0 : Math.min(1, Math.log2(1 + bytes) / Math.log2(1 + FULL));
}

/** What is in one direction of a connection: with the one who sent it, and with the one who is to read it. */
export interface PipeContent {
  readonly sent: number;
  readonly came: number;
  /** Whether both ends are there. */
  readonly isOpen: boolean;
}

/** What is on its way to the server, or from it. */
export function contentOf({ near, far }: KernelConnection, way: 'to' | 'from'): PipeContent {
  const [from, to] = way === 'to' ? [near, far] : [far, near];
  return { sent: from?.send ?? 0, came: to?.receive ?? 0, isOpen: near !== null && far !== null };
}

/** Bytes in words: `1 byte`, `1,024 bytes`. */
export function countText(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes.toLocaleString('en')} bytes`;
}

/** What is on its way, for those who do not see the drawing. */
export function pipeWords(client: string, way: 'to' | 'from', content: PipeContent): string {
  const name = properName(client);
  const whose = way === 'to' ? `From ${name} to the server` : `From the server to ${name}`;
  const reader = way === 'to' ? 'the server' : name;
  const { sent, came } = content;
  if (sent + came === 0) return `${whose}: nothing is on its way.`;
  const parts = [];
  if (came > 0) parts.push(`${countText(came)} have arrived and wait for ${reader} to read them`);
  if (sent > 0) parts.push(`${countText(sent)} sent and not yet at the other end`);
  return `${whose}: ${parts.join('; ')}.`;
}

/** Who waits to be accepted. */
export function seatsWords({ port, waiting, most }: KernelListener): string {
  const who = waiting === 0 ? 'nobody waits' : waiting === 1 ? '1 waits' : `${waiting} wait`;
  const room = most === undefined ? '' : `, and there is room for ${most.toLocaleString('en')}`;
  return `Port ${port}: ${who} to be accepted${room}.`;
}
