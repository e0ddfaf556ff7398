/** Puts folded code into the page when it is opened. A browser that runs scripts keeps it as text. */

function unfold(details: Element): void {
  const folded = details.querySelector(':scope > noscript');
  if (!folded) return;
  const code = document.createElement('template');
  code.innerHTML = folded.textContent;
  folded.replaceWith(code.content);
}

document.addEventListener(
  'toggle',
  ({ target }) => {
    if (target instanceof HTMLDetailsElement && target.open && 'folded' in target.dataset) {
      unfold(target);
    }
  },
  // A toggle does not bubble.
  true,
);
