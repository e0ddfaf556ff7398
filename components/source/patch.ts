/** Shows the changed lines of the ways that are chosen in a lab: of its server program, and of others. */

/** Where a way is chosen: among those of the server program, or in the head of another program’s pane. */
const CHOSEN = '.lab-ways :checked, .lab-pane-ways :checked';

function show(lab: Element): void {
  const chosen = new Set(
    Array.from(
      lab.querySelectorAll<HTMLInputElement | HTMLOptionElement>(CHOSEN),
      (each) => each.value,
    ),
  );
  for (const patch of lab.querySelectorAll<HTMLElement>('[data-patch]')) {
    patch.toggleAttribute('data-chosen', chosen.has(patch.dataset['patch'] ?? ''));
  }
}

document.addEventListener('change', ({ target }) => {
  const lab = target instanceof Element ? target.closest('[data-lab]') : null;
  if (lab) show(lab);
});
// A browser that comes back to a page chooses what was chosen.
addEventListener('pageshow', () => document.querySelectorAll('[data-lab]').forEach(show));
