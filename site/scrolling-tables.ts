/**
 * A table that is wider than its place scrolls in its box (`markdown/in-pages.ts`). Then the keyboard
 * has to reach the box, and who listens has to hear what it is.
 */

const observer = new ResizeObserver((entries) => {
  for (const { target: box } of entries) {
    if (!(box instanceof HTMLElement)) continue;
    const scrolls = box.scrollWidth > box.clientWidth;
    box.role = scrolls ? 'region' : null;
    box.ariaLabel = scrolls ? (box.dataset['label'] ?? '') : null;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute('tabindex');
  }
});

for (const box of document.querySelectorAll('.table-box')) observer.observe(box);
