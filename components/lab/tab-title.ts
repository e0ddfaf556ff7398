/** The title of a tab tells a reader who looks at another one that a run they waited for has begun. */

const RUNNING = 'Running now: ';

/**
 * Says in the title that a lab runs, until the reader looks at the page; at once if they do.
 * @param lab the lab's title
 */
export function announce(lab: string): void {
  const { title } = document;
  // One is enough to bring them back.
  if (!document.hidden || title.startsWith(RUNNING)) return;
  document.title = RUNNING + lab;
  const seen = (): void => {
    if (document.hidden) return;
    document.removeEventListener('visibilitychange', seen);
    document.title = title;
  };
  document.addEventListener('visibilitychange', seen);
}
