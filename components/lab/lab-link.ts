/** Links to labs: few pages are come to by one, and few are copied, so what does it comes then. */
const COPY = 'button[data-copy-link]';

function follow(): void {
  if (location.search === '' && location.hash === '') return;
  import('./follow-link.ts').then(({ followAddress }) => followAddress()).catch(console.error);
}

for (const button of document.querySelectorAll<HTMLButtonElement>(COPY)) {
  button.disabled = false;
  button.addEventListener('click', () => {
    const section = button.closest<HTMLElement>('section[data-lab]');
    if (!section) return;
    import('./follow-link.ts').then(({ copyLink }) => copyLink(section)).catch(console.error);
  });
}
follow();
addEventListener('hashchange', follow);
