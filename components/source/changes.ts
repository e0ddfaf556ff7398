/** What changed from one program to another. Pure. */
import { structuredPatch } from 'diff';

/** A difference as one text, with the numbers of the lines in it that are new or gone, from 1. */
export interface Changes {
  readonly text: string;
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/** Lines shown above and below each change. */
const CONTEXT = 3;

function elision(lines: number): string {
  return `// … ${lines} ${lines === 1 ? 'line' : 'lines'} unchanged`;
}

/** The lines that differ between two programs, each with a few lines around it. */
export function changesBetween(before: string, after: string): Changes {
  const { hunks } = structuredPatch('', '', before, after, undefined, undefined, {
    context: CONTEXT,
  });
  const lines: string[] = [];
  const added: number[] = [];
  const removed: number[] = [];
  // The first line of the new program that is not shown yet.
  let next = 1;
  const skipTo = (line: number): void => {
    if (line > next) lines.push(elision(line - next));
  };
  for (const { newStart, newLines, lines: hunk } of hunks) {
    skipTo(newStart);
    for (const line of hunk) {
      // “\ No newline at end of file”
      if (line.startsWith('\\')) continue;
      lines.push(line.slice(1));
      if (line.startsWith('+')) added.push(lines.length);
      if (line.startsWith('-')) removed.push(lines.length);
    }
    next = newStart + newLines;
  }
  if (hunks.length > 0) skipTo(after.trimEnd().split('\n').length + 1);
  return { text: lines.join('\n'), added, removed };
}

/** `12 lines removed, 1 added` */
export function changesInWords({ added, removed }: Changes): string {
  const gone = removed.length;
  return `${gone} ${gone === 1 ? 'line' : 'lines'} removed, ${added.length} added`;
}

/** What is said before a marked line. */
const SPOKEN: Readonly<Record<string, string>> = { del: 'gone: ', ins: 'new: ' };

/** A line that expressive-code has marked, up to where its code begins. */
const MARKED =
  /(<div class="ec-line[^"]*? (ins|del)\b[^"]*"[^>]*>(?:(?!<div class="code">).)*<div class="code">)/gs;

/** Code as HTML, with a word at the beginning of each line that is marked: its sign is not read out. */
export function spokenMarks(html: string): string {
  return html.replace(
    MARKED,
    (line: string, _all: string, mark: string) =>
      `${line}<span class="sr-only spoken-mark">${SPOKEN[mark] ?? ''}</span>`,
  );
}
