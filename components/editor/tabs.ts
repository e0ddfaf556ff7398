/** Tabs after the pattern of the ARIA Authoring Practices: arrow keys go from one to the next. */

/** A tab with its panel. */
export interface Tab {
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;
}

/** Which tab an arrow key leads to; undefined for another key. */
function target(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return (at + 1) % count;
    case 'ArrowLeft':
      return (at + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}

/** A list of tabs, of which one panel is shown. */
export class Tabs {
  readonly #tabs: readonly Tab[];
  readonly #selected: (index: number) => void;
  #current = 0;

  /** @param selected told which tab’s panel is shown when that changes; the first at the beginning */
  constructor(list: HTMLElement, tabs: readonly Tab[], selected: (index: number) => void) {
    this.#tabs = tabs;
    this.#selected = selected;
    list.setAttribute('role', 'tablist');
    tabs.forEach(({ button, panel }, index) => {
      button.setAttribute('role', 'tab');
      button.setAttribute('aria-controls', panel.id);
      panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-labelledby', button.id);
      button.addEventListener('click', () => this.select(index));
      button.addEventListener('keydown', (event) => {
        const next = target(event.key, index, tabs.length);
        if (next === undefined) return;
        event.preventDefault();
        this.select(next);
        tabs[next]?.button.focus();
      });
      list.append(button);
    });
    this.#show();
  }

  get current(): number {
    return this.#current;
  }

  select(index: number): void {
    this.#current = index;
    this.#show();
    this.#selected(index);
  }

  #show(): void {
    this.#tabs.forEach(({ button, panel }, index) => {
      const isCurrent = index === this.#current;
      button.setAttribute('aria-selected', String(isCurrent));
      button.tabIndex = isCurrent ? 0 : -1;
      panel.hidden = !isCurrent;
    });
  }
}
