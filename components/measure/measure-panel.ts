/** What a lab measures, on the page: what is ordered, and where what is found is shown. */
import { figuresOf, type Figure } from '../../lab/measure-figures.ts';
import { curveOf, curveTitle, shownSeries, type ShownSeries } from '../../lab/measure-series.ts';
import { Measured, type FiguresRecord } from '../../lab/measured.ts';
import { usualOrder, type Measures } from '../../lab/measures.ts';
import type { Measuring } from '../../lab/status.ts';
import type { MeasureOrder, MeasureRecord } from '../../protocol/measure-feed.ts';
import { definitionIn, recordedIn } from '../lab/definition-json.ts';
import { MeasureChart, type Picture } from './measure-chart.ts';
import { MeasureTables } from './measure-tables.ts';
import { markPath, MARK_SIZE, colourProperty } from './marks.ts';

/** A lab’s measurements: `[data-measure]`, and its tables. */
export class MeasurePanel {
  readonly #panel: HTMLElement;
  readonly #measures: Measures;
  readonly #measured: Measured;
  readonly #series: readonly ShownSeries[];
  readonly #tables: MeasureTables;
  readonly #chart: MeasureChart;
  readonly #title: Element;
  readonly #skipped: Element;
  /** The tables, in a fold. */
  readonly #fold: HTMLDetailsElement;
  /** The names of series that the reader has hidden. */
  readonly #hidden = new Set<string>();
  #frame = 0;

  constructor(section: HTMLElement) {
    const lab = definitionIn(section);
    const recorded = recordedIn(section);
    const panel = section.querySelector<HTMLElement>('[data-measure]');
    const plot = panel?.querySelector<HTMLElement>('[data-measure-plot]');
    const title = panel?.querySelector('[data-measure-title]');
    const skipped = panel?.querySelector('[data-measure-skipped]');
    const tables = section.querySelector<HTMLDetailsElement>('[data-measured]');
    if (!panel || !plot || !title || !skipped || !tables || !lab.measures) {
      throw new Error(`The markup of what the lab “${lab.id}” measures is not whole.`);
    }
    this.#panel = panel;
    this.#title = title;
    this.#skipped = skipped;
    this.#fold = tables;
    this.#measures = lab.measures;
    this.#measured = new Measured(lab.measures, usualOrder(lab.measures));
    this.#series = shownSeries(lab.measures, recorded);
    this.#tables = new MeasureTables(tables, lab.measures.kind, this.#series);
    Object.defineProperty(panel, 'figures', { get: () => this.figures, configurable: true });
    panel.addEventListener('change', () => this.#show());
    panel.addEventListener('click', ({ target }) => this.#toggle(target));
    // A browser that comes back to a page chooses what was chosen.
    addEventListener('pageshow', () => this.#show());
    this.#chart = new MeasureChart(plot, this.#picture);
    this.#show();
  }

  /** All figures that were measured on this page, the latest of each series, place and load. */
  get figures(): FiguresRecord[] {
    return this.#measured.figures;
  }

  /** What the reader has chosen to have measured. */
  get order(): MeasureOrder {
    const usual = usualOrder(this.#measures);
    return {
      clients: this.#chosen('clients') ?? usual.clients,
      busy: this.#chosen('busy') ?? usual.busy,
    };
  }

  /** What is usual: a scenario is played with it, and it is chosen from then on. */
  chooseUsual(): void {
    const usual = usualOrder(this.#measures);
    for (const [name, value] of Object.entries(usual)) {
      const select = this.#select(name);
      if (select) select.value = String(value);
    }
    this.#show();
  }

  /** How far the measurement has come. */
  get measuring(): Measuring {
    return { kind: this.#measures.kind, underWay: this.#measured.underWay };
  }

  /** Shows the chart and the tables, with what was recorded. */
  reveal(): void {
    if ('shown' in this.#panel.dataset) return;
    this.#panel.dataset['shown'] = '';
    this.#fold.open = true;
  }

  /** A run begins. */
  begin(order: MeasureOrder): void {
    this.reveal();
    this.#measured.begin(order);
    this.#show();
  }

  /** Takes what was found. */
  take(record: MeasureRecord): void {
    this.#measured.take(record);
    // A few times a second at most for each frame that is drawn.
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#show();
    });
  }

  /** The run is over. */
  end(): void {
    this.#measured.end();
    this.#show();
  }

  /** Forgets what was measured. */
  clear(): void {
    this.#measured.clear();
    this.#show();
  }

  /** A series in the key hides its curve, or shows it again. */
  #toggle(target: EventTarget | null): void {
    if (!(target instanceof Element)) return;
    const button = target.closest<HTMLElement>('[data-measure-series]');
    const name = button?.dataset['measureSeries'];
    if (!button || name === undefined) return;
    const isShown = this.#hidden.delete(name);
    if (!isShown) this.#hidden.add(name);
    button.ariaPressed = String(isShown);
    this.#show();
  }

  #select(name: string): HTMLSelectElement | undefined {
    return (
      this.#panel.querySelector<HTMLSelectElement>(`select[data-measure-${name}]`) ?? undefined
    );
  }

  #chosen(name: string): number | undefined {
    const value = this.#select(name)?.value;
    return value === undefined ? undefined : Number(value);
  }

  get #figure(): Figure {
    const figures = figuresOf(this.#measures.kind);
    const chosen = this.#select('figure')?.value;
    return figures.find(({ name }) => name === chosen) ?? figures[0];
  }

  get #picture(): Picture {
    const { busy } = this.order;
    const figure = this.#figure;
    const lines = this.#series.map(({ name, label, recorded }) => {
      if (this.#hidden.has(name)) return { label, recorded: [], live: [] };
      const live = this.#measured
        .line(name, busy)
        .flatMap(({ record, isOfThisRun }) =>
          curveOf([record], figure, busy).map((point) => ({ ...point, isOfThisRun })),
        );
      return { label, recorded: curveOf(recorded, figure, busy), live };
    });
    return { kind: this.#measures.kind, figure, lines };
  }

  #show(): void {
    const { order } = this;
    this.#chart.draw(this.#picture);
    const title = curveTitle(this.#measures.kind, this.#figure, order.busy);
    if (this.#title.textContent !== title) this.#title.textContent = title;
    this.#tables.show(this.#measured, order, this.#figure);
    this.#showSkipped(order);
  }

  /** Where a series has no points, or ends, the chart says why. */
  #showSkipped(order: MeasureOrder): void {
    const items = this.#series.flatMap(({ name, label }, index) => {
      const why = this.#measured.whyNot(name, order);
      if (why === undefined) return [];
      const item = document.createElement('li');
      const mark = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      mark.setAttribute('class', 'lab-measure-mark');
      mark.setAttribute('viewBox', `0 0 ${MARK_SIZE} ${MARK_SIZE}`);
      mark.setAttribute('aria-hidden', 'true');
      mark.style.color = `var(${colourProperty(index)})`;
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', markPath(index));
      mark.append(path);
      item.append(mark, `${label}: ${why}`);
      return [item];
    });
    this.#skipped.replaceChildren(...items);
  }
}
