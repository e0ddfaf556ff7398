/**
 * A click on a word, a tap or Enter, shows what it means. Where a browser has no popovers, where the note can’t be
 * had, and where the reader asks for a tab of its own, the word stays the link to the glossary that it is. Part of
 * what every page loads, and so it is short.
 */
addEventListener('click', (event) => {
  const { target, ctrlKey, metaKey, shiftKey, altKey } = event;
  const word = target instanceof Element && target.closest('a.term[data-means]');
  const wantsTab = ctrlKey || metaKey || shiftKey || altKey;
  if (!(word instanceof HTMLAnchorElement) || wantsTab || !('popover' in word)) return;
  event.preventDefault();
  import('./term-note.ts').then(
    ({ explain }) => explain(word),
    () => location.assign(word.href),
  );
});
