/**
 * The workbench: a lab at full size, over its page. The lab stays where it is in the document, so that its run,
 * its terminals and its editor go on; the browser shows it in the top layer. The address of the page then
 * leads here, and Back closes it.
 */
import { chosenWay, labAddress, readLabAddress } from '../lab/lab-address.ts';
import { Sash } from './sash.ts';
import { BOUNDS, FIRST_SHARES, loadShares, storeShares, type Shares } from './shares.ts';
import './workbench.css';

/** A window in which there are rows of most terminals left above the timeline. */
const ROOM_FOR_TIMELINE = '(min-height: 44rem)';

/** Makes everything but a part of the page, and what it is in, deaf. @returns undoes it */
function muteAllBut(part: Element): () => void {
  const muted: HTMLElement[] = [];
  for (let each: Element | null = part; each && each !== document.body; each = each.parentElement) {
    for (const sibling of each.parentElement?.children ?? []) {
      if (sibling === each || !(sibling instanceof HTMLElement) || sibling.inert) continue;
      sibling.inert = true;
      muted.push(sibling);
    }
  }
  return () => {
    for (const element of muted) element.inert = false;
  };
}

/** What is undone when a workbench is closed. */
interface Opened {
  readonly closed: AbortController;
  readonly unmute: () => void;
  /** Where the page was. */
  readonly scroll: number;
  /** What the button said. */
  readonly label: string;
  readonly title: string;
  /** Whether the reader had the timeline open on the page. */
  readonly hadTimeline: boolean;
  /** What is only there while it is open. */
  readonly parts: readonly HTMLElement[];
}

/** The workbench of one lab. */
export class Workbench {
  readonly #section: HTMLElement;
  readonly #lab: string;
  readonly #button: HTMLButtonElement;
  readonly #host: HTMLElement;
  readonly #terminals: HTMLElement;
  readonly #floor: HTMLElement;
  readonly #stage: HTMLElement;
  readonly #timeline: HTMLDetailsElement | undefined;
  /** Whether the code is beside the output on the page, too, where there is room. */
  readonly #isBeside: boolean;
  #shares: Shares = loadShares();
  #opened: Opened | undefined;

  constructor(section: HTMLElement) {
    const button = section.querySelector<HTMLButtonElement>('[data-opens-workbench]');
    const terminals = section.querySelector<HTMLElement>('.lab-terminals');
    const floor = section.querySelector<HTMLElement>('.lab-floor');
    const stage = section.querySelector<HTMLElement>('.lab-stage');
    const { parentElement: host } = section;
    if (!button || !terminals || !floor || !stage || !host) {
      throw new Error('The lab’s markup has no room for a workbench.');
    }
    this.#section = section;
    this.#lab = section.dataset['lab'] ?? '';
    this.#button = button;
    this.#host = host;
    this.#terminals = terminals;
    this.#floor = floor;
    this.#stage = stage;
    this.#timeline = stage.querySelector<HTMLDetailsElement>('details.lab-timeline') ?? undefined;
    this.#isBeside = stage.hasAttribute('data-beside');
    addEventListener('popstate', () => this.follow());
  }

  /** Opens it, or goes back to the page. */
  toggle(): void {
    if (this.#opened) {
      this.#leave();
      return;
    }
    const address = this.#address(true);
    history.pushState({ workbench: this.#lab }, '', address);
    this.#open();
  }

  /** Is open if the page’s address says so, and else is not. */
  follow(): void {
    const { lab, workbench } = readLabAddress(new URL(location.href));
    const isWanted = workbench && lab === this.#lab;
    if (isWanted && !this.#opened) this.#open();
    else if (!isWanted && this.#opened) this.#close(this.#opened);
  }

  /** What else the page’s address says, as `pace`, goes on to hold. */
  #address(workbench: boolean): string {
    const page = new URL(location.href);
    const address = labAddress(page, this.#lab, chosenWay(this.#section), workbench);
    const others = [...page.searchParams].filter(
      ([name]) => name !== 'workbench' && name !== 'way',
    );
    if (others.length === 0) return address;
    const whole = new URL(address);
    for (const [name, value] of others) whole.searchParams.append(name, value);
    return whole.href;
  }

  /** Goes back to where the reader came from; who came by a link stays at the lab. */
  #leave(): void {
    const state: unknown = history.state;
    const isOurs = typeof state === 'object' && state !== null && 'workbench' in state;
    if (isOurs) {
      history.back();
      return;
    }
    history.replaceState(null, '', this.#address(false));
    this.follow();
    // The browser goes where a link leads when the page is there, which may have been after this opened.
    document.getElementById(`lab-${this.#lab}`)?.scrollIntoView({ behavior: 'instant' });
  }

  #open(): void {
    const section = this.#section;
    const button = this.#button;
    const closed = new AbortController();
    const hadFocus = section.contains(document.activeElement);
    const { textContent: label, title } = button;
    const scroll = scrollY;
    // What is out of the flow would leave the page shorter, and the reader elsewhere.
    this.#host.style.minHeight = `${this.#host.offsetHeight}px`;
    section.popover = 'manual';
    section.dataset['workbench'] = '';
    section.role = 'dialog';
    section.ariaModal = 'true';
    this.#stage.toggleAttribute('data-beside', true);
    document.documentElement.dataset['workbenchOpen'] = '';
    const parts = this.#divide();
    section.showPopover();
    const unmute = muteAllBut(section);
    button.textContent = 'Back to the page';
    button.title = 'Close the workbench: Escape';
    const hadTimeline = this.#timeline?.open ?? false;
    // Where the window is high enough, there is room for it. Closed, it leaves that to what is above.
    if (this.#timeline && matchMedia(ROOM_FOR_TIMELINE).matches) this.#timeline.open = true;
    this.#opened = { closed, unmute, scroll, label, title, hadTimeline, parts };
    if (!hadFocus) button.focus({ preventScroll: true });
    const { signal } = closed;
    document.addEventListener('keydown', (event) => this.#key(event), { capture: true, signal });
  }

  #close({ closed, unmute, scroll, label, title, hadTimeline, parts }: Opened): void {
    const section = this.#section;
    const hadFocus = section.contains(document.activeElement);
    this.#opened = undefined;
    closed.abort();
    unmute();
    section.hidePopover();
    section.popover = null;
    section.role = null;
    section.ariaModal = null;
    delete section.dataset['workbench'];
    this.#stage.toggleAttribute('data-beside', this.#isBeside);
    delete document.documentElement.dataset['workbenchOpen'];
    for (const part of parts) part.remove();
    if (this.#timeline) this.#timeline.open = hadTimeline;
    this.#host.style.minHeight = '';
    this.#button.textContent = label;
    this.#button.title = title;
    scrollTo({ top: scroll, behavior: 'instant' });
    if (hadFocus) this.#button.focus({ preventScroll: true });
  }

  /** Puts a sash between code and terminals, and one above the timeline. */
  #divide(): HTMLElement[] {
    const { style } = this.#section;
    // It lies over the rows that the sash in it divides.
    const area = document.createElement('div');
    area.className = 'workbench-area';
    this.#floor.append(area);
    const code = new Sash({
      ...{ label: 'Width of the code', orientation: 'vertical', area: this.#terminals },
      ...{ ...BOUNDS.code, value: this.#shares.code, first: FIRST_SHARES.code },
      moved: (share) => style.setProperty('--code-share', `${share}%`),
      settled: (share) => this.#keep({ code: share }),
    });
    const above = new Sash({
      ...{ label: 'Height above the timeline', orientation: 'horizontal', area },
      ...{ ...BOUNDS.above, value: this.#shares.above, first: FIRST_SHARES.above },
      moved: (share) => {
        style.setProperty('--above-share', String(share));
        style.setProperty('--above', `${share}fr`);
        style.setProperty('--below', `${100 - share}fr`);
      },
      settled: (share) => this.#keep({ above: share }),
    });
    this.#terminals.append(code.element);
    area.append(above.element);
    return [code.element, area];
  }

  #keep(shares: Partial<Shares>): void {
    this.#shares = { ...this.#shares, ...shares };
    storeShares(this.#shares);
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing) return;
    // Elsewhere Escape has a meaning of its own: it ends a dialog, a search, the Tab of the editor, and lets
    // go of a call that is selected.
    const { target } = event;
    if (document.querySelector('dialog:modal')) return;
    if (target instanceof Element && target.closest('.cm-editor, [data-selection]')) return;
    event.preventDefault();
    event.stopPropagation();
    this.#leave();
  }
}
