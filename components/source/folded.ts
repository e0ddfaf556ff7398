/**
 * Puts folded code into the page. A browser that runs scripts keeps it as text, so that a page is
 * there at once; while the reader begins to read, each fold gets its elements. Then the browser’s own
 * search looks into closed folds too, and opens the one where it has found something.
 */

function unfold(details: Element): void {
  const folded = details.querySelector('noscript');
  if (!folded) return;
  const code = document.createElement('template');
  code.innerHTML = folded.textContent;
  folded.replaceWith(code.content);
}

function allFolded(): NodeListOf<Element> {
  return document.querySelectorAll('details[data-folded]:has(noscript)');
}

/** One fold at a time: a program has thousands of elements, and nobody waits for them. */
function unfoldWhenIdle(): void {
  const [next] = allFolded();
  if (!next) return;
  unfold(next);
  whenIdle(unfoldWhenIdle);
}

function whenIdle(callback: () => void): void {
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in window) requestIdleCallback(callback, { timeout: 2000 });
  else setTimeout(callback, 200);
}

document.addEventListener(
  'toggle',
  ({ target }) => {
    if (target instanceof HTMLDetailsElement && 'folded' in target.dataset) unfold(target);
  },
  // A toggle does not bubble.
  true,
);
// Paper shows every fold, and does not wait.
addEventListener('beforeprint', () => allFolded().forEach(unfold));
whenIdle(unfoldWhenIdle);
