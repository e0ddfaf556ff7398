/** The chart of a measurement. It only draws: what, is the panel’s to say. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { evenAxis, logarithmicAxis, type Axis, type Figure } from '../../lab/measure-figures.ts';
import { placeText, type Point } from '../../lab/measure-series.ts';
import type { Measures } from '../../lab/measures.ts';
import { MEASURE_CLIENTS } from '../../protocol/measure-feed.ts';
import { MARK_SIZE, colourProperty, markPath } from './marks.ts';

/** A point that was measured here. */
export interface LivePoint extends Point {
  readonly isOfThisRun: boolean;
}

/** A series as it is drawn. */
export interface Line {
  readonly label: string;
  /** One without points keeps its place, and its colour with it. */
  readonly live: readonly LivePoint[];
  readonly recorded: readonly Point[];
}

/** What is drawn. */
export interface Picture {
  readonly kind: Measures['kind'];
  readonly figure: Figure;
  /** All series, each in its place. */
  readonly lines: readonly Line[];
}

/** Where the axis of clients, or of descriptors, ends, and what it is marked with. */
const AXES: Readonly<Record<Measures['kind'], Axis>> = {
  servers: { from: 0.8, to: 1250, marks: MEASURE_CLIENTS },
  passes: { from: 8, to: 2400, marks: [10, 30, 100, 300, 1000, 1900] },
};
/** Where a chart is narrow, this would lie on the last one. */
const CROWDED = 1000;
/** From this width on lines have their names at their ends, in pixels. */
const NAMED = 420;
/** Room for a name, and between two of them. */
const NAME_ROOM = 104;
const NAME_STEP = 13;
const THICK = 2.5;
const THIN = 1.25;
const DASH = [4, 4];
/** The size of a mark of this run, of an earlier one, and of what was recorded, in pixels. */
const MARK = 10;
const EARLIER_MARK = 7;
const RECORDED_MARK = 5;

interface Palette {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  readonly ground: string;
  readonly series: readonly string[];
  readonly font: string;
}

/** The page’s colours at a place in it. A probe resolves what a canvas would not know. */
function readPalette(place: Element, series: number): Palette {
  const probe = document.createElement('span');
  probe.hidden = true;
  place.append(probe);
  const resolve = (property: string): string => {
    probe.style.color = `var(${property})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    text: resolve('--sl-color-white'),
    dim: resolve('--sl-color-gray-3'),
    line: resolve('--lab-border'),
    ground: resolve('--term-bg'),
    series: Array.from({ length: series }, (_, index) => resolve(colourProperty(index))),
    font: getComputedStyle(place).fontFamily,
  };
  probe.remove();
  return palette;
}

/** A chart in `[data-measure-plot]`. */
export class MeasureChart {
  readonly #place: HTMLElement;
  #picture: Picture;
  #palette: Palette;
  #plot: uPlot | undefined;

  constructor(place: HTMLElement, picture: Picture) {
    this.#place = place;
    this.#picture = picture;
    this.#palette = readPalette(place, picture.lines.length);
    const repaint = (): void => {
      this.#palette = readPalette(place, this.#picture.lines.length);
      this.#build();
    };
    new ResizeObserver(() => this.#resize()).observe(place);
    new MutationObserver(repaint).observe(document.documentElement, {
      attributeFilter: ['data-theme'],
    });
    matchMedia('(forced-colors: active)').addEventListener('change', repaint);
    this.#resize();
  }

  /** Draws something else. */
  draw(picture: Picture): void {
    this.#picture = picture;
    this.#build();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#place;
    if (width === 0 || height === 0) return;
    if (!this.#plot || this.#plot.width !== width || this.#plot.height !== height) this.#build();
  }

  /** Anew each time: it has a few dozen points, and each figure has an axis of its own. */
  #build(): void {
    const { clientWidth: width, clientHeight: height } = this.#place;
    if (width === 0 || height === 0) return;
    const before = this.#plot;
    this.#plot = new uPlot(this.#options(width, height), this.#data(), this.#place);
    before?.destroy();
  }

  #data(): uPlot.AlignedData {
    const { lines } = this.#picture;
    const all = lines.flatMap(({ live, recorded }) => [...live, ...recorded]);
    const places = [...new Set(all.map(({ place }) => place))].sort((a, b) => a - b);
    const column = (points: readonly Point[]): (number | null)[] => {
      const values = new Map(points.map(({ place, value }) => [place, this.#drawable(value)]));
      return places.map((place) => values.get(place) ?? null);
    };
    return [places, ...lines.flatMap(({ recorded, live }) => [column(recorded), column(live)])];
  }

  /** No logarithm is of 0. */
  #drawable(value: number): number {
    const { least } = this.#picture.figure;
    return least === undefined ? value : Math.max(value, least);
  }

  get #valueAxis(): Axis {
    const { lines, figure } = this.#picture;
    const values = lines
      .flatMap(({ live, recorded }) => [...live, ...recorded])
      .map(({ value }) => this.#drawable(value));
    const most = Math.max(0, ...values);
    if (figure.least === undefined) return evenAxis(most);
    if (values.length === 0)
      return logarithmicAxis(figure.least, figure.least * 1000, figure.marks);
    return logarithmicAxis(Math.min(...values), most, figure.marks);
  }

  #options(width: number, height: number): uPlot.Options {
    const { kind, figure, lines } = this.#picture;
    const { dim, line, series, font } = this.#palette;
    const places = AXES[kind];
    const values = this.#valueAxis;
    const isNamed = width >= NAMED;
    const common = {
      stroke: dim,
      font: `11px ${font}`,
      grid: { stroke: line, width: 1 },
      ticks: { stroke: line, width: 1, size: 4 },
      filter: (_plot: uPlot, splits: number[]) => splits,
    };
    return {
      ...{ width, height, legend: { show: false }, cursor: { show: false } },
      padding: [8, isNamed ? NAME_ROOM : 12, 0, 0],
      // uPlot’s own names for 1 and 3, even and logarithmic, are an enum that is there for its types only.
      /* eslint-disable @typescript-eslint/no-unsafe-enum-assignment */
      scales: {
        x: { time: false, distr: 3, range: () => [places.from, places.to] },
        y: { distr: figure.least === undefined ? 1 : 3, range: () => [values.from, values.to] },
      },
      /* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */
      axes: [
        {
          ...{ ...common, size: 24, gap: 3 },
          splits: () => [...places.marks],
          values: (_plot, splits) =>
            splits.map((place) =>
              place === CROWDED && !isNamed && kind === 'passes' ? '' : placeText(place),
            ),
        },
        {
          ...{ ...common, size: 62, gap: 4 },
          splits: () => [...values.marks],
          values: (_plot, splits) => splits.map(figure.text),
        },
      ],
      series: [
        {},
        ...lines.flatMap((_, index): uPlot.Series[] => {
          const stroke = series[index] ?? dim;
          const shared = { stroke, scale: 'y', spanGaps: true, points: { show: false } };
          return [
            { ...shared, width: THIN, dash: DASH },
            { ...shared, width: THICK },
          ];
        }),
      ],
      hooks: { draw: [(plot) => this.#mark(plot, isNamed)] },
    };
  }

  /** Puts each point’s mark on the lines, and their names at their ends. */
  #mark(plot: uPlot, isNamed: boolean): void {
    const { ctx } = plot;
    const scale = devicePixelRatio;
    const at = ({ place, value }: Point): { x: number; y: number } => ({
      x: plot.valToPos(place, 'x', true),
      y: plot.valToPos(this.#drawable(value), 'y', true),
    });
    ctx.save();
    const names: { label: string; colour: string; x: number; y: number }[] = [];
    for (const [index, { label, live, recorded }] of this.#picture.lines.entries()) {
      const colour = this.#palette.series[index] ?? this.#palette.dim;
      const path = new Path2D(markPath(index));
      const marks = [
        ...recorded.map((point) => ({ point, mark: RECORDED_MARK })),
        ...live.map((point) => ({ point, mark: point.isOfThisRun ? MARK : EARLIER_MARK })),
      ];
      for (const { point, mark } of marks) {
        const { x, y } = at(point);
        const size = mark * scale;
        ctx.save();
        ctx.translate(x - size / 2, y - size / 2);
        ctx.scale(size / MARK_SIZE, size / MARK_SIZE);
        // A rim keeps marks apart that lie on each other.
        ctx.lineWidth = 2;
        ctx.strokeStyle = this.#palette.ground;
        ctx.stroke(path);
        ctx.fillStyle = colour;
        ctx.fill(path);
        ctx.restore();
      }
      const last = [...live, ...recorded].toSorted((a, b) => a.place - b.place).at(-1);
      if (last) names.push({ label, colour, ...at(last) });
    }
    if (isNamed) this.#name(plot, names, scale);
    ctx.restore();
  }

  #name(
    plot: uPlot,
    names: readonly { label: string; colour: string; x: number; y: number }[],
    scale: number,
  ): void {
    const { ctx, bbox } = plot;
    ctx.font = `500 ${11 * scale}px ${this.#palette.font}`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'left';
    const step = NAME_STEP * scale;
    const lowest = bbox.top + bbox.height;
    const sorted = names.toSorted((one, other) => one.y - other.y);
    // None lies on another, nor below the axis.
    const places: number[] = [];
    for (const { y } of sorted) places.push(Math.max(y, (places.at(-1) ?? -Infinity) + step));
    for (let index = places.length - 1, most = lowest; index >= 0; index -= 1) {
      most = Math.min(most, places[index] ?? most);
      places[index] = most;
      most -= step;
    }
    for (const [index, { label, colour, x, y }] of sorted.entries()) {
      const top = places[index] ?? y;
      ctx.fillStyle = ctx.strokeStyle = colour;
      if (Math.abs(top - y) > step / 2) {
        ctx.lineWidth = scale;
        ctx.beginPath();
        ctx.moveTo(x + 6 * scale, y);
        ctx.lineTo(x + 11 * scale, top);
        ctx.stroke();
      }
      // A rim keeps it apart from lines that go on.
      ctx.lineWidth = 3 * scale;
      ctx.strokeStyle = this.#palette.ground;
      ctx.strokeText(label, x + 13 * scale, top, NAME_ROOM * scale);
      ctx.fillText(label, x + 13 * scale, top, NAME_ROOM * scale);
    }
  }
}
