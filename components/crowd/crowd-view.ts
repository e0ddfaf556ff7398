/** The curves of a crowd, and their table. */
import { CURVES, CrowdCurves, roundedUp, type Curve, type Point } from '../../lab/crowd-curves.ts';
import { axisText, curveText } from '../../lab/crowd-text.ts';
import type { CrowdState } from '../../protocol/crowd-feed.ts';
import type { Figures } from '../../protocol/messages.ts';

const NOTHING = '–';
const MiB = 1024 * 1024;
/** No axis is shorter: a flat curve is to look flat. */
const LEAST: Readonly<Record<Curve, number>> = {
  processes: 5,
  threads: 10,
  memory: 50 * MiB,
  cpu: 0.5,
  descriptors: 50,
  calls: 100,
  callsPerLine: 4,
  line: 2,
  slow: 2,
};

function isCurve(name: string | null): name is Curve {
  return CURVES.some((curve) => curve === name);
}

/** One chart: `[data-curve]`. */
class Chart {
  readonly #figure: Element;
  readonly #curve: Curve;

  constructor(figure: Element, curve: Curve) {
    this.#figure = figure;
    this.#curve = curve;
  }

  draw(curves: CrowdCurves): void {
    const { most, now, before } = curves;
    const curve = this.#curve;
    const drawn: readonly Curve[] = curve === 'line' ? ['slow', 'line'] : [curve];
    const earlier = before?.points.get(curve)?.filter(({ clients }) => clients <= most) ?? [];
    const all = [...drawn.flatMap((each) => now.points.get(each) ?? []), ...earlier];
    const top = topOf(curve, Math.max(LEAST[curve], ...all.map(({ value }) => value)));
    const place = ({ clients, value }: Point): string =>
      `${round((clients / most) * 100)} ${round(100 - (value / top) * 100)}`;
    for (const each of drawn) {
      this.#path(`[data-line="${each}"]`, pathOf(now.points.get(each), place));
    }
    this.#path('[data-before]', pathOf(earlier, place));
    const last = now.points.get(curve)?.at(-1);
    this.#path('[data-end]', last ? `M${place(last)}h0` : '');
    const { turnsAwayAt } = now;
    const wall = turnsAwayAt === undefined ? '' : `M${round((turnsAwayAt / most) * 100)} 0V100`;
    this.#path('[data-wall]', wall);
    this.#write('[data-value]', last ? curveText(curve, last.value) : NOTHING);
    this.#write('[data-top]', last ? axisText(curve, top) : '');
    this.#write('[data-most]', last ? `${most.toLocaleString('en')} clients` : 'clients');
  }

  #path(selector: string, d: string): void {
    this.#figure.querySelector(selector)?.setAttribute('d', d);
  }

  #write(selector: string, text: string): void {
    const place = this.#figure.querySelector(selector);
    if (place && place.textContent !== text) place.textContent = text;
  }
}

/** The end of an axis: round in the unit that is shown. */
function topOf(curve: Curve, most: number): number {
  return curve === 'memory' ? roundedUp(most / MiB) * MiB : roundedUp(most);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function pathOf(points: readonly Point[] = [], place: (point: Point) => string): string {
  return points.length === 0 ? '' : `M${points.map(place).join('L')}`;
}

/** Draws the curves in `[data-crowd]`. */
export class CrowdView {
  readonly #curves = new CrowdCurves();
  readonly #charts: readonly Chart[];
  readonly #rows: readonly HTMLTableRowElement[];
  #frame = 0;

  constructor(panel: Element) {
    this.#charts = [...panel.querySelectorAll('[data-curve]')].flatMap((figure) => {
      const curve = figure.getAttribute('data-curve');
      return isCurve(curve) ? [new Chart(figure, curve)] : [];
    });
    this.#rows = [...panel.querySelectorAll<HTMLTableRowElement>('tbody tr')];
  }

  /** A crowd has been ordered, where there was none. */
  begin(): void {
    this.#curves.begin();
  }

  /** Takes how the crowd is; null when it is gone. @param at when that came */
  take(state: CrowdState | null, at: number): void {
    this.#curves.take(state, at);
    this.#draw();
  }

  /** Takes what was measured of the server program. @param at when that came */
  measure(figures: Figures, at: number): void {
    this.#curves.measure(figures, at);
    this.#draw();
  }

  /** Empties it. */
  clear(): void {
    this.#curves.clear();
    this.#draw();
  }

  /** No more often than the page is painted. */
  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      for (const chart of this.#charts) chart.draw(this.#curves);
      this.#fillTable();
    });
  }

  #fillTable(): void {
    const { most } = this.#curves;
    const steps = this.#rows.map((_, index) =>
      Math.round((most * (index + 1)) / this.#rows.length),
    );
    this.#curves.rows(steps).forEach((figures, index) => {
      const row = this.#rows[index];
      if (!row) return;
      const [head] = row.cells;
      const isKnown = this.#curves.state !== undefined;
      if (head) write(head, isKnown ? (steps[index] ?? 0).toLocaleString('en') : NOTHING);
      for (const cell of row.querySelectorAll('[data-cell]')) {
        const curve = cell.getAttribute('data-cell');
        const value = isCurve(curve) ? figures.get(curve) : undefined;
        write(cell, isCurve(curve) && value !== undefined ? curveText(curve, value) : NOTHING);
      }
    });
  }
}

function write(cell: Element, text: string): void {
  if (cell.textContent !== text) cell.textContent = text;
}
