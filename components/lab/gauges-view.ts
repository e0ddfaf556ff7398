/** The gauges of one program on the page. */
import { clientColour } from '../../lab/client-hue.ts';
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
  /** By the process, where it says what the process waits in. */
  readonly #waits = new Map<number, HTMLElement>();

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

  /** Says of each process in the tree what it waits in. */
  showWaits(waitsIn: (pid: number) => string | undefined): void {
    for (const [pid, place] of this.#waits) {
      const call = waitsIn(pid) ?? '';
      if (place.textContent !== call) place.textContent = call;
    }
  }

  clear(): void {
    this.#waits.clear();
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
    const waited = new Map([...this.#waits].map(([pid, { textContent }]) => [pid, textContent]));
    this.#waits.clear();
    for (const { pid, parent, threads, zombie, client } of processes) {
      const item = document.createElement('li');
      const label = document.createElement('span');
      // A child needs no word: it stands beside its parent.
      const word = document.createElement('span');
      if (items.has(parent)) word.className = 'sr-only';
      word.textContent = 'process ';
      label.append(word, zombie ? `${pid}, a zombie` : String(pid));
      label.toggleAttribute('data-zombie', zombie === true);
      const living = threads === 1 ? 'one thread' : `${threads} threads`;
      label.title = zombie
        ? 'It has ended, and its parent has not asked for its exit status.'
        : living;
      item.append(label);
      if (client !== undefined) {
        const whose = document.createElement('span');
        whose.className = 'lab-tree-client';
        whose.style.setProperty('--client', clientColour(client));
        whose.textContent = client;
        item.append(whose);
      }
      if (zombie !== true) {
        const waits = document.createElement('span');
        waits.className = 'lab-tree-waits';
        waits.textContent = waited.get(pid) ?? '';
        this.#waits.set(pid, waits);
        item.append(waits);
      }
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
