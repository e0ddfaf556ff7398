/**
 * Remembers that a run was ended because its reader left the page. A browser that keeps the page shows it
 * as it was; one that loads it again asks here. It lasts as long as the tab, and can be forbidden.
 */

const KEY = 'readable:left:';

/** Notes, when a page is left, whether that ends a run of this lab. */
export function noteLeft(lab: string, left: boolean): void {
  try {
    if (left) sessionStorage.setItem(KEY + lab, '');
    else sessionStorage.removeItem(KEY + lab);
  } catch {
    // Then the lab is as at a first visit.
  }
}

/** Whether the page was come back to after that. Asked anew, it is told no more. */
export function wasLeft(lab: string): boolean {
  try {
    const left = sessionStorage.getItem(KEY + lab) !== null;
    if (left) sessionStorage.removeItem(KEY + lab);
    return left && cameBack();
  } catch {
    return false;
  }
}

function cameBack(): boolean {
  const [entry] = performance.getEntriesByType('navigation');
  return entry instanceof PerformanceNavigationTiming && entry.type === 'back_forward';
}
