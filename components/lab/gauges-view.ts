/** The gauges of one program on the page. */
import { GAUGE_LABELS, gaugeText } from '../../lab/gauge-text.ts';
import type { MessageOf } from '../../lab/run.ts';
import type { Gauge } from '../../protocol/messages.ts';

type Reading = MessageOf<'gauges'>;

const NOTHING = '–';

function isGauge(name: string): name is Gauge {
  return name in GAUGE_LABELS;
}

/** Shows readings in `[data-gauges]`. */
export class GaugesView {
  readonly #tree: HTMLElement | undefined;
  readonly #places = new Map<Gauge, HTMLElement>();

  constructor(element: Element) {
    for (const place of element.querySelectorAll('[data-gauge]')) {
      if (!(place instanceof HTMLElement)) continue;
      const { gauge = '' } = place.dataset;
      if (isGauge(gauge)) this.#places.set(gauge, place);
    }
    const tree = element.querySelector('[data-tree]');
    this.#tree = tree instanceof HTMLElement ? tree : undefined;
  }

  show({ figures, tree }: Reading): void {
    for (const [name, place] of this.#places) {
      const value = figures[name];
      if (value === undefined) continue;
      const { mostCalled } = figures;
      const detail =
        name === 'calls' && mostCalled && mostCalled.count > 0
          ? `, most of them ${mostCalled.name}`
          : '';
      this.#write(place, gaugeText(name, value) + detail);
      if (name === 'cpu') place.style.setProperty('--level', String(Math.min(value, 1)));
    }
    this.#showTree(tree);
  }

  clear(): void {
    for (const place of this.#places.values()) {
      this.#write(place, NOTHING);
      place.style.removeProperty('--level');
    }
    this.#tree?.replaceChildren();
    if (this.#tree) this.#tree.hidden = true;
  }

  #write(place: Element, text: string): void {
    const value = place.querySelector('dd');
    if (value) value.textContent = text;
  }

  /** Parents come before their children. */
  #showTree(processes: Reading['tree']): void {
    if (!this.#tree) return;
    const items = new Map<number, Element>();
    const top: Element[] = [];
    for (const { pid, parent, threads, zombie } of processes) {
      const item = document.createElement('li');
      const label = document.createElement('span');
      // A child needs no word: it stands beside its parent.
      const word = document.createElement('span');
      if (items.has(parent)) word.className = 'sr-only';
      word.textContent = 'process ';
      label.append(word, zombie ? `${pid}, a zombie` : String(pid));
      label.toggleAttribute('data-zombie', zombie === true);
      const living = threads === 1 ? 'one thread' : `${threads} threads`;
      label.title = zombie ? 'It has ended, and its parent has not asked how.' : living;
      item.append(label);
      items.set(pid, item);
      const above = items.get(parent);
      if (!above) top.push(item);
      else childList(above).append(item);
    }
    this.#tree.replaceChildren(...top);
    // One alone is no tree: the gauge says it.
    this.#tree.hidden = processes.length < 2;
  }
}

function childList(item: Element): Element {
  const found = item.querySelector(':scope > ul');
  if (found) return found;
  const list = document.createElement('ul');
  item.append(list);
  return list;
}
