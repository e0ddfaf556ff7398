/** The note that says what a term means, beside the word. Loaded when a reader first asks for one. */

/** How far the note stays from the edges of the window, and from its word, in pixels. */
const MARGIN = 16;
const GAP = 6;

/** Puts the note below its word, or above where there is no room below. */
function place(note: HTMLElement, word: HTMLElement): void {
  const { left, top, bottom } = word.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const { offsetWidth, offsetHeight } = note;
  const fits = bottom + GAP + offsetHeight <= clientHeight;
  const y = fits ? bottom + GAP : top - GAP - offsetHeight;
  const x = Math.max(MARGIN, Math.min(left, clientWidth - MARGIN - offsetWidth));
  note.style.left = `${x + scrollX}px`;
  note.style.top = `${y + scrollY}px`;
}

/** Shows the note of a word. It is closed by Escape, and by a click elsewhere. */
export function explain(word: HTMLAnchorElement): void {
  const { name = '', means = '' } = word.dataset;
  const note = document.createElement('div');
  note.className = 'term-note';
  note.popover = 'auto';
  note.role = 'dialog';
  note.ariaLabel = name;
  note.tabIndex = -1;
  const heading = document.createElement('h2');
  heading.textContent = name;
  const meaning = document.createElement('p');
  meaning.textContent = means;
  const more = document.createElement('a');
  more.href = word.href;
  more.textContent = 'In the glossary';
  note.append(heading, meaning, more);
  note.addEventListener('toggle', ({ newState }) => {
    if (newState === 'closed') note.remove();
  });
  document.body.append(note);
  note.showPopover({ source: word });
  place(note, word);
  // So that it is read out. A browser gives the focus back to the word when the note is closed.
  note.focus({ preventScroll: true });
}
