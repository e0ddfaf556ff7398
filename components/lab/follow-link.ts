/**
 * What a page does about addresses of labs: goes where one leads, chooses the way that it names, and copies
 * one. It is loaded when there is one in the page's address, or when one is asked for.
 */
import { chosenWay, labAddress, readLabAddress } from './lab-address.ts';
import { WAYS } from './stage.ts';

/** How long one reads that a link has been copied, in milliseconds. */
const SAID = 4000;

/** What clears what is said of a copy. */
const timers = new WeakMap<Element, ReturnType<typeof setTimeout>>();

function labs(): NodeListOf<HTMLElement> {
  return document.querySelectorAll<HTMLElement>('section[data-lab]');
}

function chooseWay(section: Element, way: string): void {
  const ways = section.querySelector<HTMLSelectElement>(WAYS);
  if (!ways || ways.value === way) return;
  const option = [...ways.options].find(({ value }) => value === way);
  if (!option) return;
  option.selected = true;
  ways.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Goes where a browser doesn't by itself: to a lab whose fragment says more than its id. */
function goToLab(): void {
  const { lab } = readLabAddress(new URL(location.href));
  const title = lab === undefined ? null : document.getElementById(`lab-${lab}`);
  if (title && location.hash !== `#${title.id}`) title.scrollIntoView();
}

/** Copies the address of a lab, in the way that is chosen, and says so. */
export async function copyLink(section: HTMLElement): Promise<void> {
  const said = section.querySelector('[data-link-copied]');
  if (!said) return;
  const { lab = '' } = section.dataset;
  const isAtFullSize = 'workbench' in section.dataset;
  const page = new URL(location.href);
  const address = labAddress(page, lab, chosenWay(section), isAtFullSize);
  try {
    await navigator.clipboard.writeText(address);
    said.textContent = 'Link copied';
  } catch {
    // Forbidden, or the page came over plain HTTP, where there is no clipboard.
    history.replaceState(history.state, '', address);
    said.textContent = 'The link is in the address bar';
  }
  clearTimeout(timers.get(said));
  timers.set(
    said,
    setTimeout(() => (said.textContent = ''), SAID),
  );
}

/** Chooses what the address says, where that is. */
function chooseWays(): void {
  const { lab, way } = readLabAddress(new URL(location.href));
  if (way === undefined) return;
  for (const section of labs()) {
    if ((lab ?? section.dataset['lab']) === section.dataset['lab']) chooseWay(section, way);
  }
}

/** Goes where the page's address leads. */
export function followAddress(): void {
  goToLab();
  chooseWays();
}
