/** Where on the page a lab is when its run begins. Loaded with what runs it. */

/** How far above the page’s own padding the stage may begin, in pixels: what lab.css gives it. */
const ROOM = 17;

/**
 * Scrolls the page so that all of a lab’s stage is in the window, unless it is; on a phone, all of it but
 * the controls.
 */
export function bringIntoView(section: HTMLElement): void {
  const padding = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
  const parts = [...section.querySelectorAll<HTMLElement>('.lab-stage, .lab-floor')];
  const part =
    parts.find(({ offsetHeight }) => offsetHeight <= innerHeight - padding + ROOM) ?? parts.at(-1);
  if (!part) return;
  const { top, bottom } = part.getBoundingClientRect();
  if (top >= padding - ROOM && bottom <= innerHeight) return;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  part.scrollIntoView({ block: 'start', behavior: still ? 'instant' : 'smooth' });
}
