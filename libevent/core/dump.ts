import { IDLE } from './event_record.ts';
import type { EventRecord } from './event_record.ts';
import { EV_CLOSED, EV_ET, EV_PERSIST, EV_READ, EV_SIGNAL, EV_TIMEOUT, EV_WRITE } from './flags.ts';

const FLAGS = [
  [EV_READ, 'Read'],
  [EV_WRITE, 'Write'],
  [EV_CLOSED, 'EOF'],
  [EV_SIGNAL, 'Signal'],
  [EV_PERSIST, 'Persist'],
  [EV_ET, 'ET'],
] as const;

function names(flags: number): string {
  return FLAGS.map(([flag, name]) => ((flags & flag) !== 0 ? ` ${name}` : '')).join('');
}

function label(event: EventRecord): string {
  return `${(event.what & EV_SIGNAL) !== 0 ? 'sig' : 'fd'} ${String(event.fd)}`;
}

/**
 * Lists events in words, a line each: those that wait, then those that are about to run.
 *
 * @internal
 * @param now - the time, in milliseconds of the clock of their deadlines
 */
export function dumpEvents(events: readonly EventRecord[], now: number): string {
  const lines = ['Inserted events:'];
  for (const event of events) {
    if (!event.inserted && event.heapIndex < 0) continue;
    const left = ((event.deadline - now) / 1000).toFixed(3);
    const timeout = event.heapIndex >= 0 ? ` Timeout=${left}` : '';
    lines.push(`  [${label(event)}]${names(event.what)}${timeout}`);
  }
  lines.push('Active events:');
  for (const event of events) {
    if (event.state === IDLE) continue;
    const timeout = (event.result & EV_TIMEOUT) !== 0 ? ' Timeout' : '';
    lines.push(
      `  [${label(event)}, priority=${String(event.priority)}]${names(event.result)}${timeout} active`,
    );
  }
  return `${lines.join('\n')}\n`;
}
