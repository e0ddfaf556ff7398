/** Words that the status line and the editor have in common. Pure. */
import type { Fault } from '../protocol/messages.ts';

/**
 * A message from elsewhere as a sentence of ours: one full stop at its end. Further lines, those of a
 * program say, stay as they are.
 */
export function sentence(message: string): string {
  const [first = '', ...lines] = message.trim().split('\n');
  return [`${first.replace(/[.\s]+$/, '')}.`, ...lines].join('\n');
}

/** Where a mistake in a program is: `server.ts, line 3, column 5`. */
export function placeText({ file, line, column }: Pick<Fault, 'file' | 'line' | 'column'>): string {
  return `${file}, line ${line}, column ${column}`;
}
