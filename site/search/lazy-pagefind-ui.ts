/**
 * Stands in for `@pagefind/default-ui`, which Starlight loads on every page as soon as the browser is
 * idle: 26 KB, most of a page's JavaScript, for readers of whom few search. This loads it when the
 * reader reaches for the search. `astro.config.mjs` puts it in its place.
 */

/** What makes the reader's intention plain: the pointer or the keyboard's focus is on the search. */
const INTENTIONS = ['pointerenter', 'focusin'] as const;

/** The part of Pagefind's default UI that Starlight uses. */
export class PagefindUI {
  /** @param options handed on to Pagefind's own class */
  constructor(options: object) {
    const search = document.querySelector('site-search');
    if (!search) return;
    const load = (): void => {
      for (const intention of INTENTIONS) search.removeEventListener(intention, load, true);
      void show(search, options);
    };
    for (const intention of INTENTIONS) search.addEventListener(intention, load, true);
    // The shortcut may have opened the dialog before the browser was idle.
    if (search.querySelector('dialog[open]')) load();
  }
}

async function show(search: Element, options: object): Promise<void> {
  const { PagefindUI: Actual } = await import('pagefind-ui-itself');
  // For so small an index a worker gains nothing. And where one is slow to start, or never does,
  // Pagefind waits for it without a word.
  new Actual({ ...options, noWorker: true });
  // Starlight focuses the field when it opens the dialog; by now that may have happened.
  search.querySelector<HTMLInputElement>('dialog[open] input')?.focus();
}
