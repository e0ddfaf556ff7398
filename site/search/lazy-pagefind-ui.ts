/**
 * Stands in for `@pagefind/default-ui`, which Starlight loads on every page as soon as the browser is
 * idle: 26 KB, most of a page's JavaScript, for readers of whom few search. This loads it when the
 * reader reaches for the search. `astro.config.mjs` puts it in its place.
 */

/** The part of Pagefind's default UI that Starlight uses. */
export class PagefindUI {
  /** @param options handed on to Pagefind's own class */
  constructor(options: object) {
    const search = document.querySelector('site-search');
    const dialog = search?.querySelector('dialog');
    const place = dialog?.querySelector('#starlight__search');
    if (!search || !dialog || !place) return;
    const load = (): void => {
      opening.disconnect();
      search.removeEventListener('pointerenter', load, true);
      void show(dialog, place, options);
    };
    // The dialog has nothing to focus as yet, so its opening need not be a change of focus.
    const opening = new MutationObserver(load);
    opening.observe(dialog, { attributeFilter: ['open'] });
    search.addEventListener('pointerenter', load, true);
    // The shortcut may have opened the dialog before the browser was idle.
    if (dialog.open) load();
  }
}

/** Puts the search into its place; until then, and if it can't be had, words that say so. */
async function show(dialog: HTMLDialogElement, place: Element, options: object): Promise<void> {
  const status = document.createElement('p');
  status.role = 'status';
  status.textContent = 'Loading the search…';
  place.append(status);
  try {
    const { PagefindUI: Actual } = await import('pagefind-ui-itself');
    status.remove();
    // For so small an index a worker gains nothing.
    new Actual({ ...options, noWorker: true });
  } catch (error) {
    console.error(error);
    // A browser never asks again for a script that failed, as long as the page lives.
    status.textContent = 'The search could not be loaded. Reload the page to try again.';
  }
  // Starlight focuses the field when it opens the dialog; by now that may have happened.
  if (dialog.open) dialog.querySelector('input')?.focus();
}
