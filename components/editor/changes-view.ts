/** Shows what differs between two versions of a program. */
import { changesBetween, changesInWords } from '../source/changes.ts';

/** Comparing takes time that grows with the product of the lines of both, and anybody may have written one. */
const MOST_LINES = 4000;

function countLines(text: string): number {
  return text.split('\n').length;
}

function lineElement(text: string, kind: 'added' | 'removed' | undefined): HTMLElement {
  const line = document.createElement(
    kind === 'added' ? 'ins' : kind === 'removed' ? 'del' : 'span',
  );
  line.className = 'editor-change';
  // A screen reader may say nothing of ins and del.
  if (kind !== undefined) {
    const said = document.createElement('span');
    said.className = 'sr-only';
    said.textContent = kind === 'added' ? 'New: ' : 'Gone: ';
    line.append(said);
  }
  line.append(`${text}\n`);
  return line;
}

/** A heading that counts the changes, and the changed lines with a few around them. */
export function changesElement(title: string, before: string, after: string): HTMLElement {
  const element = document.createElement('figure');
  const caption = document.createElement('figcaption');
  element.append(caption);
  if (Math.max(countLines(before), countLines(after)) > MOST_LINES) {
    caption.textContent = `${title}: more than ${MOST_LINES.toLocaleString('en')} lines, too many to compare here`;
    return element;
  }
  const changes = changesBetween(before, after);
  const count = changes.added.length + changes.removed.length;
  caption.textContent = `${title}: ${count === 0 ? 'no line differs' : changesInWords(changes)}`;
  if (count === 0) return element;
  const code = document.createElement('pre');
  // It scrolls, so the keyboard has to reach it.
  code.tabIndex = 0;
  code.ariaLabel = title;
  code.setAttribute('role', 'group');
  const added = new Set(changes.added);
  const removed = new Set(changes.removed);
  for (const [index, text] of changes.text.split('\n').entries()) {
    const kind = added.has(index + 1) ? 'added' : removed.has(index + 1) ? 'removed' : undefined;
    code.append(lineElement(text, kind));
  }
  element.append(code);
  return element;
}
