/**
 * Keeps a reader’s place in the browser and shows it wherever the page lists chapters. An element
 * that stands for a chapter has `data-chapter` with its slug and `data-labs` with its labs’ ids; the
 * mark is put into it. The chapter’s own end has `data-chapter-end`.
 */
import {
  NOWHERE,
  progressOf,
  saidIn,
  withPassed,
  withRead,
  withSaid,
  withSolved,
  type Place,
} from './place.ts';
import { PLACE_KEY, loadPlace, storePlace } from './store.ts';

/** Changes the place as it is now: another tab may have changed it since. */
function change(update: (place: Place) => Place): void {
  const place = update(loadPlace());
  storePlace(place);
  show(place);
}

function show(place: Place): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-chapter]')) {
    const { chapter = '', labs = '' } = element.dataset;
    const ids = labs.split(' ').filter((id) => id !== '');
    const progress = progressOf(place, chapter, ids);
    element.toggleAttribute('data-read', progress.isRead);
    const mark = markOf(element);
    const [visible, spoken] = mark.children;
    if (visible) {
      const count = progress.passed > 0 ? `${progress.passed}/${progress.labs}` : '';
      visible.textContent = [count, progress.isRead ? '✓' : ''].filter(Boolean).join(' ');
    }
    if (spoken) spoken.textContent = progress.words === '' ? '' : `, ${progress.words}`;
    mark.title = progress.words;
  }
  for (const element of document.querySelectorAll<HTMLElement>('[data-solved]')) {
    element.hidden = !place.solved.includes(element.dataset['solved'] ?? '');
  }
  const isBegun = Object.values(place).some((kept: readonly unknown[]) => kept.length > 0);
  for (const element of document.querySelectorAll<HTMLElement>('[data-forget-place]')) {
    element.hidden = !isBegun;
  }
  offerNext(place);
}

/**
 * A link to the beginning becomes one to the first chapter that is not read yet, for a reader who has
 * begun. `data-continue` has what it says then, before the chapter’s number.
 */
function offerNext(place: Place): void {
  const link = document.querySelector<HTMLAnchorElement>('a[data-continue]');
  const chapters = [...document.querySelectorAll<HTMLElement>('li [data-chapter]')];
  const next = chapters.findIndex((element) => !element.hasAttribute('data-read'));
  const target = chapters[next]?.querySelector('a');
  if (!link || !target || next === 0 || place.read.length === 0) return;
  link.href = target.href;
  link.textContent = `${link.dataset['continue'] ?? ''} ${next + 1}`;
}

/** The mark: what is seen of it, and what is read out instead. */
function markOf(element: HTMLElement): HTMLElement {
  const present = element.querySelector<HTMLElement>('.place-mark');
  if (present) return present;
  const mark = document.createElement('span');
  mark.className = 'place-mark';
  const visible = document.createElement('span');
  visible.ariaHidden = 'true';
  const spoken = document.createElement('span');
  spoken.className = 'sr-only';
  mark.append(visible, spoken);
  element.append(mark);
  return mark;
}

/** A chapter is read when its end has been seen. */
function watchEnd(end: HTMLElement): void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
    observer.disconnect();
    change((place) => withRead(place, end.dataset['chapterEnd'] ?? ''));
  });
  observer.observe(end);
}

function detailOf(event: Event): unknown {
  return event instanceof CustomEvent ? event.detail : undefined;
}

/** What a lab tells when its scenario has passed, or its exercise is solved. */
function labOf(event: Event): string | undefined {
  const detail = detailOf(event);
  if (typeof detail !== 'object' || detail === null || !('lab' in detail)) return undefined;
  return typeof detail.lab === 'string' ? detail.lab : undefined;
}

show(loadPlace());
const end = document.querySelector<HTMLElement>('[data-chapter-end]');
if (end) watchEnd(end);
document.addEventListener('readable:passed', (event) => {
  const lab = labOf(event);
  if (lab !== undefined) change((place) => withPassed(place, lab));
});
document.addEventListener('readable:solved', (event) => {
  const lab = labOf(event);
  if (lab !== undefined) change((place) => withSolved(place, lab));
});
document.addEventListener('readable:answered', (event) => {
  const said = saidIn(detailOf(event));
  if (said) change((place) => withSaid(place, said));
});
document.addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('[data-forget-place]')) change(() => NOWHERE);
});
addEventListener('storage', ({ key }) => {
  if (key === PLACE_KEY || key === null) show(loadPlace());
});
