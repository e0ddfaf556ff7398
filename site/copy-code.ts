/**
 * The Copy button of a block of code asks for the text in `data-code`. Pages come without it, because the block has
 * it already (`lean-code.ts`): it is put there at the click, before the button hears of that.
 */
document.addEventListener(
  'click',
  ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>('.copy button') : null;
    const block = button?.closest('.expressive-code');
    if (!button || !block) return;
    // An empty line has a line end in it, to be as high as the others.
    const lines = [...block.querySelectorAll('.ec-line .code')].map((line) =>
      [...line.childNodes]
        .filter((node) => !(node instanceof Element && node.matches('.sr-only')))
        .map(({ textContent }) => textContent)
        .join('')
        .replace('\n', ''),
    );
    // This is how the button’s own script writes the end of a line.
    button.dataset['code'] = lines.join('\u007f');
  },
  { capture: true },
);
