/** Shows the changed lines of the ways that are chosen in a lab: of its server program, and of others. */

/** Where a way is chosen: among those of the server program, or in the head of another program’s pane. */
const CHOSEN = ':is([data-ways], [data-pane-way]) :checked';

function show(lab: Element): void {
  const chosen = new Set(
    Array.from(lab.querySelectorAll<HTMLOptionElement>(CHOSEN), ({ value }) => value),
  );
  for (const patch of lab.querySelectorAll<HTMLElement>('[data-patch]')) {
    patch.toggleAttribute('data-chosen', chosen.has(patch.dataset['patch'] ?? ''));
  }
}

/** Has the stage show the lines that the way changes which has just been chosen. */
function bringForward(lab: Element, way: string): void {
  lab
    .querySelector(`[data-patch="${CSS.escape(way)}"]`)
    ?.dispatchEvent(new CustomEvent('readable:show-program', { bubbles: true }));
}

document.addEventListener('change', ({ target }) => {
  const lab = target instanceof HTMLSelectElement ? target.closest('[data-lab]') : null;
  if (!lab || !(target instanceof HTMLSelectElement)) return;
  show(lab);
  bringForward(lab, target.value);
});
// A browser that comes back to a page chooses what was chosen.
addEventListener('pageshow', () => document.querySelectorAll('[data-lab]').forEach(show));
