/**
 * Only in `astro dev`: after a save, an author is where they were. A browser sees to that when a page is
 * loaded again, but not when a page with a mistake, which has nothing to scroll, was there in between.
 */
const KEY = `readable:scroll ${location.pathname}`;

/** Where to go back to, until we have been there. */
let wanted = sessionStorage.getItem(KEY);

function goBack(): void {
  if (wanted === null) return;
  const top = Number(wanted);
  scrollTo({ top, behavior: 'instant' });
  // A page with a mistake ends where the mistake is: then the next one goes on.
  if (scrollY < Math.floor(top)) return;
  wanted = null;
  sessionStorage.removeItem(KEY);
}

if (wanted !== null) {
  // The browser would go where the page with the mistake was: to the top.
  history.scrollRestoration = 'manual';
  addEventListener('pagehide', () => (history.scrollRestoration = 'auto'));
}
if (document.readyState === 'complete') goBack();
else addEventListener('load', goBack, { once: true });

import.meta.hot?.on('vite:beforeFullReload', () => {
  // A page that is loaded again before it was whole had not got there yet.
  sessionStorage.setItem(KEY, wanted ?? String(scrollY));
});

export {};
