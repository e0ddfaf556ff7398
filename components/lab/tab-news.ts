/**
 * The marks on the tabs of terminals in which something has happened while they were not in front. A tab that comes
 * to the front loses its mark: `stage.ts`.
 */

/** Marks a terminal’s tab, unless the terminal is the one in front. */
export function markNews(section: HTMLElement, name: string): void {
  const tab = section.querySelector<HTMLElement>(`.lab-tabs [data-tab="${name}"]`);
  if (!tab || tab.ariaPressed === 'true' || 'news' in tab.dataset) return;
  tab.dataset['news'] = '';
  const news = document.createElement('span');
  news.className = 'lab-news';
  const heard = document.createElement('span');
  heard.className = 'sr-only';
  heard.textContent = 'new output';
  news.append(heard);
  tab.append(news);
}

/** Forgets what has happened. */
export function clearNews(section: HTMLElement): void {
  for (const tab of section.querySelectorAll<HTMLElement>('.lab-tabs [data-news]')) {
    delete tab.dataset['news'];
    tab.querySelector('.lab-news')?.remove();
  }
}
