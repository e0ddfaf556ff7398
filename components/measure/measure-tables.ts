/** The tables of a measurement: they fill the cells that the page was built with. */
import { figuresOf, figureText, type Figure } from '../../lab/measure-figures.ts';
import {
  curveTitle,
  ONLY_RECORDED,
  orderText,
  placeText,
  placesOf,
  servedText,
  type ShownSeries,
} from '../../lab/measure-series.ts';
import { placeOf, type FiguresRecord, type Measured } from '../../lab/measured.ts';
import type { Measures } from '../../lab/measures.ts';
import type { MeasureOrder } from '../../protocol/measure-feed.ts';

const NOTHING = '–';

function write(place: Element | null | undefined, text: string): void {
  if (place && place.textContent !== text) place.textContent = text;
}

/** Fills `[data-measured]`. */
export class MeasureTables {
  readonly #root: Element;
  readonly #kind: Measures['kind'];
  readonly #series: readonly ShownSeries[];

  constructor(root: Element, kind: Measures['kind'], series: readonly ShownSeries[]) {
    this.#root = root;
    this.#kind = kind;
    this.#series = series;
  }

  /** @param figure the one that is drawn */
  show(measured: Measured, order: MeasureOrder, figure: Figure): void {
    if (this.#kind === 'servers') this.#showOrder(measured, order);
    this.#showCurve(measured, order, figure);
  }

  #showOrder(measured: Measured, order: MeasureOrder): void {
    const table = this.#table('order');
    write(table?.querySelector('[data-caption]'), orderText(order));
    for (const { name, recorded, isOnlyRecorded } of this.#series) {
      const row = table?.querySelector(`[data-series="${name}"]`);
      const live = measured.at(name, order.busy, order.clients);
      const before = recorded.find(
        (point) => placeOf(point) === order.clients && point.busy === order.busy,
      );
      for (const figure of figuresOf(this.#kind)) {
        this.#fill(row, figure.name, figure, live, before);
      }
      const note = measured.whyNot(name, order) ?? servedText(live);
      write(row?.querySelector('[data-note]'), isOnlyRecorded ? ONLY_RECORDED : note);
      write(row?.querySelector('[data-recorded-note]'), servedText(before));
    }
  }

  #showCurve(measured: Measured, order: MeasureOrder, figure: Figure): void {
    const table = this.#table('curve');
    write(table?.querySelector('[data-caption]'), curveTitle(this.#kind, figure, order.busy));
    const ours = this.#series.map(({ name }) =>
      measured.line(name, order.busy).map(({ record }) => record),
    );
    const recorded = this.#series.flatMap((each) => each.recorded);
    const places = placesOf(this.#kind, [...recorded, ...ours.flat()]);
    if (table) this.#widen(table, places);
    table?.toggleAttribute('data-wordy', figure.unmeasured !== undefined);
    for (const [index, each] of this.#series.entries()) {
      const row = table?.querySelector(`[data-series="${each.name}"]`);
      const live = recordsAt(ours[index] ?? [], order.busy);
      const before = recordsAt(each.recorded, order.busy);
      for (const place of places) {
        this.#fill(row, String(place), figure, live.get(place), before.get(place));
      }
      // Of servers, the other table says it.
      const why = this.#kind === 'passes' ? measured.whyNot(each.name, order) : undefined;
      write(row?.querySelector('[data-note]'), each.isOnlyRecorded ? ONLY_RECORDED : (why ?? ''));
    }
  }

  /** A reader’s own program may watch other numbers of descriptors: each has a column, in its place. */
  #widen(table: Element, places: readonly number[]): void {
    const head = table.querySelector('thead tr');
    const rows = [...table.querySelectorAll('tbody tr')];
    for (const [index, place] of places.entries()) {
      if (rows[0]?.querySelector(`[data-cell="${place}"]`)) continue;
      const column = document.createElement('th');
      column.scope = 'col';
      column.textContent = placeText(place);
      head?.children[index]?.after(column);
      for (const row of rows) {
        const cell = document.createElement('td');
        cell.dataset['cell'] = String(place);
        const live = document.createElement('span');
        live.dataset['live'] = '';
        const before = document.createElement('small');
        before.dataset['recorded'] = '';
        cell.append(live, before);
        row.children[index]?.after(cell);
      }
    }
  }

  #fill(
    row: Element | null | undefined,
    cell: string,
    figure: Figure,
    live: FiguresRecord | undefined,
    before: FiguresRecord | undefined,
  ): void {
    const place = row?.querySelector(`[data-cell="${cell}"]`);
    write(place?.querySelector('[data-live]'), figureText(figure, live) ?? NOTHING);
    write(place?.querySelector('[data-recorded]'), figureText(figure, before) ?? '');
  }

  #table(name: 'order' | 'curve'): Element | null {
    return this.#root.querySelector(`[data-measure-table="${name}"]`);
  }
}

/** The records of one load, by their places. */
function recordsAt(records: readonly FiguresRecord[], busy: number): Map<number, FiguresRecord> {
  return new Map(
    records.filter((record) => record.busy === busy).map((record) => [placeOf(record), record]),
  );
}
