/**
 * What terminals have shown, for paper. A terminal itself shows a part of it, in colours for a screen;
 * so while the page is printed, the text stands beside it, and `lab.css` hides the terminal. Loaded with what
 * runs a lab: before that no terminal has anything to print.
 */
import { TerminalElement } from './terminal-element.ts';

/** The end of a long text is where the lesson is, and a few pages are enough. */
const MOST_LINES = 200;

function lastLines(text: string): string {
  const lines = text.split('\n');
  const left = lines.length - MOST_LINES;
  if (left <= 0) return text;
  return [`(${left} earlier lines are not printed)`, ...lines.slice(left)].join('\n');
}

addEventListener('beforeprint', () => {
  for (const terminal of document.querySelectorAll('readable-terminal')) {
    if (!(terminal instanceof TerminalElement) || terminal.text === '') continue;
    const printed = document.createElement('pre');
    printed.className = 'lab-printed';
    printed.textContent = lastLines(terminal.text);
    terminal.after(printed);
  }
});
addEventListener('afterprint', () => {
  for (const printed of document.querySelectorAll('.lab-printed')) printed.remove();
});
