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
    if (!search || !dialog) return;
    const load = (): void => {
      opening.disconnect();
      search.removeEventListener('pointerenter', load, true);
      void show(dialog, options);
    };
    // The dialog has nothing to focus as yet, so its opening need not be a change of focus.
    const opening = new MutationObserver(load);
    opening.observe(dialog, { attributeFilter: ['open'] });
    search.addEventListener('pointerenter', load, true);
    // The shortcut may have opened the dialog before the browser was idle.
    if (dialog.open) load();
  }
}

async function show(dialog: HTMLDialogElement, options: object): Promise<void> {
  const { PagefindUI: Actual } = await import('pagefind-ui-itself');
  // For so small an index a worker gains nothing.
  new Actual({ ...options, noWorker: true });
  // Starlight focuses the field when it opens the dialog; by now that may have happened.
  if (dialog.open) dialog.querySelector('input')?.focus();
}
