/**
 * The Copy button of a block of code. Pages have neither expressive-code's own script, four times as long, nor the
 * text once more for it: `lean-code.ts`.
 */

/** How long one reads that a block has been copied, in milliseconds. */
const SAID = 2000;

/** What a line says, without the word for those who don't see its sign: `components/source/changes.ts`. */
function textOf(line: Element): string {
  const mark = line.querySelector('.spoken-mark')?.textContent ?? '';
  // An empty line has a line end in it, to be as high as the others.
  return line.textContent.slice(mark.length).replace('\n', '');
}

async function copy(button: HTMLElement, block: Element): Promise<void> {
  const text = [...block.querySelectorAll('.ec-line .code')].map(textOf).join('\n');
  let said = button.dataset['copied'] ?? '';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Forbidden, or the page came over plain HTTP, where there is no clipboard.
    const code = block.querySelector('code');
    if (code) getSelection()?.selectAllChildren(code);
    said = 'Selected: Ctrl-C copies';
  }
  const feedback = document.createElement('div');
  feedback.className = 'feedback show';
  feedback.textContent = said;
  button.previousElementSibling?.replaceChildren(feedback);
  setTimeout(() => feedback.remove(), SAID);
}

document.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest<HTMLElement>('.copy button') : null;
  const block = button?.closest('.expressive-code');
  if (button && block) void copy(button, block);
});
