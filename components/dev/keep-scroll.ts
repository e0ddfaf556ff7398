/**
 * Only in `astro dev`: after a save, an author is where they were. A browser sees to that when a page is
 * loaded again, but not when a page with a mistake, which has nothing to scroll, was there in between.
 */
import { WantedScroll } from './wanted-scroll.ts';

const KEY = `readable:scroll ${location.pathname}`;

const wanted = new WantedScroll(sessionStorage.getItem(KEY));

function goBack(): void {
  if (wanted.top === undefined) return;
  scrollTo({ top: wanted.top, behavior: 'instant' });
  if (wanted.arrive(scrollY)) sessionStorage.removeItem(KEY);
}

if (wanted.top !== undefined) {
  // The browser would go where the page with the mistake was: to the top.
  history.scrollRestoration = 'manual';
  addEventListener('pagehide', () => (history.scrollRestoration = 'auto'));
}
if (document.readyState === 'complete') goBack();
else addEventListener('load', goBack, { once: true });

import.meta.hot?.on('vite:beforeFullReload', () => {
  sessionStorage.setItem(KEY, wanted.toKeep(scrollY));
});
