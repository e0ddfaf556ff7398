/**
 * What is in front on a lab's stage: on a phone one terminal of several, in a program's pane its output
 * or its code, and of many clients those that something happens in. It needs no run, and little code.
 */

/** Where a lab has the choice of its ways. */
export const WAYS = 'select[data-ways]';

/** From so many clients on, idle ones are folded to their heads. */
const MANY_CLIENTS = 5;
/** So many of them stay open: the latest that something was done in. */
const OPEN_CLIENTS = 3;

/** Where it is kept that the reader has opened a timeline. */
const TIMELINE = 'readable:timeline';

function wasOpen(): boolean {
  try {
    return localStorage.getItem(TIMELINE) !== null;
  } catch {
    return false;
  }
}

function noteOpen(isOpen: boolean): void {
  try {
    if (isOpen) localStorage.setItem(TIMELINE, '');
    else localStorage.removeItem(TIMELINE);
  } catch {
    // Then it is closed at the next page.
  }
}

function press(button: Element, pressed: boolean): void {
  button.ariaPressed = pressed ? 'true' : 'false';
}

/** The stage of a lab: `.lab-stage` and what is in it. */
export class Stage {
  /** The lab’s section. */
  readonly section: HTMLElement;
  readonly #stage: HTMLElement;
  readonly #tabs: HTMLElement;
  /** Clients in which something was done, the latest first. */
  #latest: string[] = [];

  constructor(section: HTMLElement) {
    const stage = section.querySelector('.lab-stage');
    const tabs = section.querySelector('.lab-tabs');
    if (!(stage instanceof HTMLElement)) throw new Error('The lab’s markup has no stage.');
    if (!(tabs instanceof HTMLElement)) throw new Error('The lab’s stage has no tabs.');
    this.section = section;
    this.#stage = stage;
    this.#tabs = tabs;
    stage.addEventListener('click', ({ target }) => this.#clicked(target));
    stage.addEventListener('focusin', ({ target }) => {
      const name = paneOf(target)?.dataset['pane'];
      if (name !== undefined) this.bringForward(name);
    });
    // Told where the code is that the reader has to see.
    stage.addEventListener('readable:show-program', ({ target }) => {
      const pane = paneOf(target);
      if (!pane) return;
      setView(pane, 'code');
      this.bringForward(pane.dataset['pane'] ?? '');
    });
    // The browser’s own search opens the code that it has found something in. A toggle does not bubble.
    stage.addEventListener('toggle', ({ target }) => this.#toggled(target), true);
    const timeline = stage.querySelector<HTMLDetailsElement>('[data-timeline]');
    if (timeline && wasOpen()) timeline.open = true;
    // A reader may be quicker than this script.
    else if (timeline?.open) noteOpen(true);
    this.#fold();
  }

  /** Puts a terminal in front, and unfolds it. */
  bringForward(name: string): void {
    for (const pane of this.#panes()) {
      pane.toggleAttribute('data-front', pane.dataset['pane'] === name);
    }
    for (const tab of this.#tabs.children) {
      const isFront = tab instanceof HTMLElement && tab.dataset['tab'] === name;
      press(tab, isFront);
      if (!isFront) continue;
      delete tab.dataset['news'];
      tab.querySelector('.lab-news')?.remove();
      this.#show(tab);
    }
    if (this.#latest[0] === name) return;
    this.#latest = [name, ...this.#latest.filter((each) => each !== name)];
    this.#fold();
  }

  /** Makes room for a client that the page was not built with. */
  add(name: string): void {
    if (!this.#tab(name)) {
      const tab = document.createElement('button');
      tab.type = 'button';
      tab.dataset['tab'] = name;
      tab.textContent = name;
      press(tab, false);
      this.#tabs.append(tab);
    }
    this.#fold();
  }

  /** Takes a client’s room away again. */
  remove(name: string): void {
    const tab = this.#tab(name);
    tab?.remove();
    this.#latest = this.#latest.filter((each) => each !== name);
    if (tab?.ariaPressed === 'true') this.bringForward('server');
    this.#fold();
  }

  /** Shows what programs print, not their code. */
  showOutput(): void {
    for (const pane of this.#panes()) setView(pane, 'output');
  }

  #clicked(target: EventTarget | null): void {
    if (!(target instanceof Element)) return;
    this.#noteTimeline(target);
    const tab = target.closest<HTMLElement>('[data-tab]')?.dataset['tab'];
    if (tab !== undefined) this.bringForward(tab);
    const pane = paneOf(target);
    if (!pane) return;
    const view = target.closest<HTMLElement>('[data-view]')?.dataset['view'];
    if (view !== undefined) setView(pane, view);
    if ('folded' in pane.dataset) this.bringForward(pane.dataset['pane'] ?? '');
  }

  /**
   * Notes a reader’s choice at their click, or at the key that counts as one. The toggle that follows is
   * a task of its own, and a page that is left at once never runs it.
   */
  #noteTimeline(target: Element): void {
    const timeline = target.closest('summary')?.parentElement;
    if (!(timeline instanceof HTMLDetailsElement && 'timeline' in timeline.dataset)) return;
    // It is turned after the click. In the workbench it is open anyway.
    if (!('workbench' in this.section.dataset)) noteOpen(!timeline.open);
  }

  #toggled(target: EventTarget | null): void {
    const pane = paneOf(target);
    if (!pane || !(target instanceof HTMLDetailsElement)) return;
    if (target.classList.contains('lab-program')) setView(pane, target.open ? 'code' : 'output');
  }

  /** Scrolls the row of tabs, never the page. */
  #show(tab: HTMLElement): void {
    const left = tab.offsetLeft - this.#tabs.offsetLeft;
    const { scrollLeft, clientWidth } = this.#tabs;
    if (left < scrollLeft) this.#tabs.scrollLeft = left;
    const right = left + tab.offsetWidth;
    if (right > scrollLeft + clientWidth) this.#tabs.scrollLeft = right - clientWidth;
  }

  #fold(): void {
    const clients = this.#panes().filter(({ dataset }) => dataset['kind'] === 'client');
    const isMany = clients.length >= MANY_CLIENTS;
    this.#stage.toggleAttribute('data-alone', clients.length === 0);
    this.#stage.toggleAttribute('data-many', isMany);
    this.#stage.dataset['clients'] = String(clients.length);
    const named = clients.map(({ dataset }) => dataset['pane'] ?? '');
    const latest = this.#latest.filter((name) => named.includes(name));
    const open = [...latest, ...named.filter((name) => !latest.includes(name))];
    const opened = new Set(open.slice(0, OPEN_CLIENTS));
    for (const pane of clients) {
      pane.toggleAttribute('data-folded', isMany && !opened.has(pane.dataset['pane'] ?? ''));
    }
  }

  #tab(name: string): HTMLElement | undefined {
    return this.#tabs.querySelector<HTMLElement>(`[data-tab="${name}"]`) ?? undefined;
  }

  #panes(): HTMLElement[] {
    return [...this.#stage.querySelectorAll<HTMLElement>('.lab-pane')];
  }
}

function paneOf(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element && target.closest<HTMLElement>('.lab-pane')) || undefined;
}

/** Shows the output of a program, or its code, if the pane has it. */
function setView(pane: HTMLElement, view: string): void {
  const code = pane.querySelector('.lab-program');
  if (!(code instanceof HTMLDetailsElement)) return;
  code.open = view === 'code';
  if ('holdsEditor' in pane.dataset) {
    pane.closest('.lab')?.toggleAttribute('data-code-shown', view === 'code');
  }
  for (const button of pane.querySelectorAll<HTMLElement>('[data-view]')) {
    press(button, button.dataset['view'] === view);
  }
}
