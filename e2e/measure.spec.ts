/** Labs that are measurements: what is ordered is measured in a sandbox, and drawn and written while it comes. */
import AxeBuilder from '@axe-core/playwright';
import type { JSHandle, Locator, Page } from '@playwright/test';
import type { FiguresRecord } from '../lab/measured.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

type Served = Extract<FiguresRecord, { state: 'served' }>;
type Passed = Extract<FiguresRecord, { state: 'passed' }>;

const SERVERS = [
  ...['rot13-fork', 'rot13-threads', 'rot13-select', 'rot13-event', 'rot13-bufferevent', 'own'],
] as const;

/** Where the parts of a lab are, from its upper left corner, in pixels. */
interface Places {
  readonly height: number;
  readonly places: readonly string[];
}

/** What looks at a lab inside its page. */
interface Watch {
  readonly places: () => Places;
  readonly told: ReadonlyMap<string, Places>;
}

/** Begins to look: what a status says for a moment may have passed before anything outside asks for it. */
function watch(section: HTMLElement | SVGElement): Watch {
  const places = (): Places => {
    const { x, y, height } = section.getBoundingClientRect();
    const parts = section.querySelectorAll(
      '.lab-bar :is(button, select), .lab-status, .scenario, .lab-measure > *, .lab-measure select, ' +
        '.lab-measure-plot, .lab-measure-key button, .lab-pane, .lab-measured tr, .lab-measured > p',
    );
    const found = [...parts].flatMap((part) => {
      if (!part.checkVisibility()) return [];
      const place = part.getBoundingClientRect();
      return `${part.className || part.tagName} ${Math.round(place.x - x)}, ${Math.round(place.y - y)}`;
    });
    return { height: Math.round(height), places: found };
  };
  const status = section.querySelector('[role="status"]');
  if (!status) throw new Error('the lab has no status');
  const told = new Map<string, Places>();
  new MutationObserver(() => {
    const text = status.textContent.trim();
    if (!told.has(text)) told.set(text, places());
  }).observe(status, { childList: true, characterData: true, subtree: true });
  return { places, told };
}

/** A lab’s measurements, as a reader sees them. */
class Measurement {
  readonly lab: LabPage;
  readonly panel: Locator;
  readonly tables: Locator;
  readonly #watch: JSHandle<Watch>;

  private constructor(lab: LabPage, watching: JSHandle<Watch>) {
    this.lab = lab;
    this.panel = lab.section.locator('[data-measure]');
    this.tables = lab.section.locator('[data-measured]');
    this.#watch = watching;
  }

  static async open(page: Page, id: string): Promise<Measurement> {
    const lab = await LabPage.open(page, 'efficiency', id);
    return new Measurement(lab, await lab.section.evaluateHandle(watch));
  }

  /** Asks for what was recorded, and waits until it is drawn. */
  async showRecorded(): Promise<void> {
    await this.panel.getByRole('button', { name: 'Show what was recorded' }).click();
    await expect(this.panel.locator('canvas')).toBeVisible();
  }

  /** What the page gives to scripts. */
  async figures(): Promise<readonly FiguresRecord[]> {
    return this.panel.evaluate((panel) => {
      const isRecord = (value: unknown): value is FiguresRecord =>
        typeof value === 'object' && value !== null && 'series' in value;
      const told: unknown = 'figures' in panel ? panel.figures : undefined;
      return Array.isArray(told) ? told.filter(isRecord) : [];
    });
  }

  async served(): Promise<Map<string, Served>> {
    const figures = (await this.figures()).filter((record) => record.state === 'served');
    return new Map(figures.map((record) => [record.series, record]));
  }

  /** What a pass takes with so many descriptors. */
  async micros(series: string, descriptors: number): Promise<number> {
    const passed = (await this.figures()).filter(
      (record): record is Passed => record.state === 'passed',
    );
    const found = passed.find(
      (record) => record.series === series && record.descriptors === descriptors,
    );
    return found?.micros ?? NaN;
  }

  /** Changes a part of the program. */
  async edit(part: string, by: string): Promise<void> {
    await this.lab.button('Edit').click();
    const editor = this.lab.section.locator('[data-editor="server.ts"]');
    await expect(editor.locator('.cm-content')).toBeVisible();
    await editor.evaluate(
      (element, change) => {
        const text = 'text' in element ? String(element.text) : '';
        if (!text.includes(change.part)) throw new Error(`the program has no ${change.part}`);
        Object.assign(element, { text: text.replace(change.part, change.by) });
      },
      { part, by },
    );
    await expect(this.lab.section).toHaveAttribute('data-edited');
  }

  cell(table: 'order' | 'curve', series: string, cell: string): Locator {
    return this.tables.locator(
      `[data-measure-table="${table}"] [data-series="${series}"] [data-cell="${cell}"] [data-live]`,
    );
  }

  /** How many pixels of the chart have the colour of each series. */
  async drawn(): Promise<number[]> {
    return this.panel.evaluate((panel) => {
      const canvas = panel.querySelector('canvas');
      const marks = [...panel.querySelectorAll('.lab-measure-key .lab-measure-mark')];
      if (!canvas) throw new Error('there is no chart');
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
        data: [],
      };
      return marks.map((mark) => {
        const [red = 0, green = 0, blue = 0] = (
          getComputedStyle(mark).color.match(/[\d.]+/g) ?? []
        ).map(Number);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) {
          const away = Math.max(
            Math.abs((data[at] ?? 0) - red),
            Math.abs((data[at + 1] ?? 0) - green),
            Math.abs((data[at + 2] ?? 0) - blue),
          );
          if (away <= 3 && data[at + 3] === 255) count += 1;
        }
        return count;
      });
    });
  }

  /** Where everything of it is, and of the stage. */
  async places(): Promise<Places> {
    return this.#watch.evaluate((watch) => watch.places());
  }

  /** All that its status has said since it was opened, and where everything was when it said so first. */
  async told(): Promise<ReadonlyMap<string, Places>> {
    return new Map(await this.#watch.evaluate((watch) => [...watch.told]));
  }
}

test('ten times as many silent descriptors: select and poll pay for each, and epoll for none', async ({
  page,
}) => {
  const measurement = await Measurement.open(page, 'dispatch-cost');
  const { lab } = measurement;
  await measurement.showRecorded();
  const places = await measurement.places();
  await lab.button('Play scenario').click();
  const result = await lab.scenarioResult();
  await expect(lab.section, result).toHaveAttribute('data-scenario', 'passed');
  const told = await measurement.told();
  for (const [order, method] of ['select', 'poll', 'epoll'].entries()) {
    const status = `Measuring ${method} with 1 busy descriptor, ${order + 1} of 3.`;
    expect(told.get(status), status).toEqual(places);
  }
  await lab.expectText('server', /^epoll: 1900 descriptors: [\d.]+ µs a pass$/m);
  for (const [series, least, most] of [
    ['select', 3, 30],
    ['poll', 3, 30],
    ['epoll', 0, 3],
  ] as const) {
    const times =
      (await measurement.micros(series, 1000)) / (await measurement.micros(series, 100));
    expect(times, series).toBeGreaterThan(least);
    expect(times, series).toBeLessThan(most);
  }
  expect(await measurement.micros('select', 1900)).toBeNaN();
  // It ends before the others, and the chart and the table say why.
  const why = 'An fd_set has 1024 bits';
  await expect(measurement.panel.locator('[data-measure-skipped] li')).toContainText(why);
  await expect(measurement.tables.locator('[data-series="select"] [data-note]')).toContainText(why);
  await expect(measurement.cell('curve', 'select', '1000')).toHaveText(/^[\d.,]+ µs$/);
  await expect(measurement.cell('curve', 'select', '1900')).toHaveText('–');
  await expect(measurement.cell('curve', 'poll', '1900')).toHaveText(/^[\d.,]+ µs$/);
  for (const pixels of await measurement.drawn()) expect(pixels).toBeGreaterThan(50);
  expect(await measurement.places()).toEqual(places);
});

test('where all descriptors are busy, epoll is no cheaper than poll', async ({ page }) => {
  const measurement = await Measurement.open(page, 'dispatch-cost');
  await measurement.panel.getByLabel('busy descriptors').selectOption('100');
  await measurement.lab.button('Run').click();
  await measurement.lab.expectState('exited');
  const times = (await measurement.micros('epoll', 100)) / (await measurement.micros('poll', 100));
  expect(times).toBeGreaterThan(1 / 3);
  const silent =
    (await measurement.micros('epoll', 1900)) / (await measurement.micros('epoll', 100));
  expect(silent).toBeLessThan(3);
});

test('six servers answer, one after the other, and each is in the chart and in the tables', async ({
  page,
}) => {
  const measurement = await Measurement.open(page, 'servers-compared');
  const { lab, panel } = measurement;
  // The tables come at the first run, below everything: nothing above them moves.
  const closed = await measurement.places();
  await measurement.showRecorded();
  const places = await measurement.places();
  expect(places.places.slice(0, closed.places.length)).toEqual(closed.places);
  await panel.getByLabel('clients').selectOption('10');
  await lab.button('Run').click();
  await lab.expectState('exited');
  const told = await measurement.told();
  for (const [order, label] of [
    ...['fork', 'threads', 'select', 'events', 'bufferevents', 'node:net'].entries(),
  ]) {
    const status = `Measuring ${label} with 10 clients, ${order + 1} of 6.`;
    expect(told.get(status), status).toEqual(places);
  }
  const served = await measurement.served();
  expect([...served.keys()].sort()).toEqual([...SERVERS].sort());
  for (const name of SERVERS) {
    const { answers, middle, slowest, connected, clients, busy, final } = served.get(name) ?? {};
    expect([clients, busy, final], name).toEqual([10, 100, true]);
    expect(answers, name).toBeGreaterThan(0);
    expect(connected, name).toBeGreaterThan(0);
    expect(slowest, name).toBeGreaterThanOrEqual(middle ?? NaN);
    await expect(measurement.cell('order', name, 'answers')).toHaveText(/^[1-9][\d,]*$/);
    await expect(measurement.cell('curve', name, '10')).toHaveText(/^[1-9][\d,]*$/);
    await expect(measurement.cell('curve', name, '200')).toHaveText('–');
    await lab.expectText('server', `${name === 'own' ? 'node:net' : name}  10 clients`);
  }
  const ofFork = served.get('rot13-fork');
  const ofEvents = served.get('rot13-event');
  expect(ofFork?.processes).toBe(11);
  expect(ofEvents?.processes).toBe(1);
  expect(ofFork?.memory).toBeGreaterThan(5 * (ofEvents?.memory ?? NaN));
  expect(served.get('rot13-threads')?.memory).toBeGreaterThan(2 * (ofFork?.memory ?? NaN));
  for (const pixels of await measurement.drawn()) expect(pixels).toBeGreaterThan(20);

  await panel.getByLabel('drawn').selectOption('processes');
  await expect(panel.locator('figcaption')).toHaveText(
    'Processes, over the number of clients; all of them talk',
  );
  await expect(measurement.cell('curve', 'rot13-fork', '10')).toHaveText('11');
  // Another share is another curve; and what was measured stays until it is cleared.
  await panel.getByLabel('of them talking').selectOption('1');
  await expect(measurement.cell('curve', 'rot13-fork', '10')).toHaveText('–');
  await panel.getByLabel('of them talking').selectOption('100');
  await expect(measurement.cell('curve', 'rot13-fork', '10')).toHaveText('11');
  expect(await measurement.places()).toEqual(places);
  await lab.button('Clear').click();
  await expect(measurement.cell('curve', 'rot13-fork', '10')).toHaveText('–');
  expect(await measurement.figures()).toEqual([]);
});

test('two measurements are never made at once: the second waits, and says why', async ({
  page,
  context,
}) => {
  const first = await Measurement.open(page, 'dispatch-cost');
  // It lasts until it is stopped, however long the second takes to be ready.
  await first.edit('[10, 30, 100, 300, 1000, 1900]', 'Array<number>(10_000).fill(10)');
  await first.lab.button('Run').click();
  await first.lab.expectText('server', 'select: 10 descriptors: ');
  const second = await Measurement.open(await context.newPage(), 'servers-compared');
  await second.lab.button('Run').click();
  await expect(second.lab.status).toHaveText(
    /^Another measurement is under way on this machine\. Two at once would spoil each other, so yours waits\./,
  );
  await second.lab.expectState('queued');
  expect(await second.figures()).toEqual([]);
  await first.lab.button('Stop').click();
  await first.lab.expectState('stopped');
  // What it has measured stays.
  expect(await first.figures()).not.toEqual([]);
  await second.lab.expectState('exited');
  const told = await second.told();
  expect([...told.keys()].filter((status) => status.startsWith('Measuring '))).toHaveLength(
    SERVERS.length,
  );
  expect((await second.served()).size).toBe(SERVERS.length);
});

test('a curve over the number of clients grows with each run', async ({ page }) => {
  const measurement = await Measurement.open(page, 'servers-compared');
  const { lab, panel } = measurement;
  for (const clients of ['1', '10']) {
    await panel.getByLabel('clients').selectOption(clients);
    await lab.button('Run').click();
    await lab.expectState('exited');
  }
  await expect(measurement.cell('curve', 'rot13-fork', '1')).toHaveText(/\d/);
  await expect(measurement.cell('curve', 'rot13-fork', '10')).toHaveText(/\d/);
});

test('what was recorded is not shown before it is asked for, and what draws is loaded then', async ({
  page,
}) => {
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(request.url()));
  const { panel, tables } = await Measurement.open(page, 'dispatch-cost');
  const isDrawing = (url: string): boolean => url.includes('measure-panel');
  await panel.scrollIntoViewIfNeeded();
  const show = panel.getByRole('button', { name: 'Show what was recorded' });
  const recorded = tables.locator('[data-series="epoll"] [data-cell="1000"] [data-recorded]');
  await expect(show).toBeVisible();
  for (const part of ['figcaption', '.lab-measure-plot', '.lab-measure-recorded']) {
    await expect(panel.locator(part)).toBeHidden();
  }
  await expect(recorded).toBeHidden();
  expect(scripts.filter(isDrawing)).toEqual([]);
  // What is chosen before is drawn after.
  await panel.getByLabel('busy descriptors').selectOption('10');
  await show.focus();
  await page.keyboard.press('Enter');
  await expect(panel.locator('canvas')).toBeVisible();
  await expect(show).toBeHidden();
  await expect(panel.locator('figcaption')).toHaveText(/; 10 of them busy$/);
  await expect(recorded).toBeVisible();
  await expect(recorded).toHaveText(/^[\d.,]+ µs$/);
  expect(scripts.filter(isDrawing)).not.toEqual([]);
});

test('whoever opens the recorded figures has the chart too', async ({ page }) => {
  const { panel, tables } = await Measurement.open(page, 'servers-compared');
  await tables.getByText('The recorded figures').click();
  await expect(panel.locator('canvas')).toBeVisible();
  // A figure that can't be told from nothing is none, and servers that turned clients away say so.
  await panel.getByLabel('clients').selectOption('1000');
  const row = tables.locator('[data-measure-table="order"] [data-series="rot13-threads"]');
  await expect(row.locator('[data-recorded-note]')).toHaveText(/^\d+ of 1,000 served$/);
  const events = tables.locator('[data-measure-table="order"] [data-series="rot13-event"]');
  const memory = events.locator('[data-cell="memory"] [data-recorded]');
  await expect(memory).toHaveText(/^[\d.]+ KB$/);
  await panel.getByLabel('clients').selectOption('1');
  await expect(memory).toHaveText('too little to measure');
});

test('the key hides a curve, and shows it again', async ({ page }) => {
  const measurement = await Measurement.open(page, 'servers-compared');
  await measurement.showRecorded();
  const select = measurement.panel.getByRole('button', { name: 'select', exact: true });
  await expect(select).toHaveAttribute('aria-pressed', 'true');
  const place = SERVERS.indexOf('rot13-select');
  const pixels = async (): Promise<number> => (await measurement.drawn())[place] ?? NaN;
  const before = await pixels();
  expect(before).toBeGreaterThan(20);
  await select.click();
  await expect(select).toHaveAttribute('aria-pressed', 'false');
  expect(await pixels()).toBe(0);
  await select.press('Space');
  await expect(select).toHaveAttribute('aria-pressed', 'true');
  expect(await pixels()).toBe(before);
});

test('a reader’s own loop is measured, also where it watches other numbers of descriptors', async ({
  page,
}) => {
  const measurement = await Measurement.open(page, 'dispatch-cost');
  await measurement.edit('[10, 30, 100, 300, 1000, 1900]', '[20, 500]');
  await measurement.lab.button('Run').click();
  await measurement.lab.expectState('exited');
  const watched = (await measurement.figures()).map((record) =>
    record.state === 'passed' ? record.descriptors : NaN,
  );
  expect([...new Set(watched)]).toEqual([20, 500]);
  await expect(measurement.cell('curve', 'epoll', '500')).toHaveText(/µs$/);
  await expect(measurement.cell('curve', 'epoll', '1000')).toHaveText('–');
});

test('a reader’s own server on node:net is measured beside those of the book', async ({ page }) => {
  const measurement = await Measurement.open(page, 'servers-compared');
  // Each line waits for a while, and the others’ do not.
  await measurement.edit(
    'socket.pipe(socket);',
    "socket.on('data', (line) => setTimeout(() => socket.write(line), 100));",
  );
  await measurement.panel.getByLabel('clients').selectOption('10');
  await measurement.lab.button('Run').click();
  await measurement.lab.expectState('exited');
  const served = await measurement.served();
  expect(served.get('own')?.middle).toBeGreaterThanOrEqual(100);
  expect(served.get('own')?.answers).toBeLessThanOrEqual(100);
  expect(served.get('rot13-event')?.answers).toBeGreaterThan(served.get('own')?.answers ?? NaN);
});

/** The contrast of two colours: WCAG 2.2, “contrast ratio”. */
function contrast(one: readonly number[], other: readonly number[]): number {
  const luminance = (colour: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = colour.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

for (const theme of ['light', 'dark'] as const) {
  test(`its series can be told apart, and it has no accessibility mistakes, ${theme}`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme: theme });
    const measurement = await Measurement.open(page, 'servers-compared');
    await measurement.showRecorded();
    const { ground, series } = await measurement.panel.evaluate((panel) => {
      const numbers = (colour: string): number[] => (colour.match(/[\d.]+/g) ?? []).map(Number);
      return {
        ground: numbers(getComputedStyle(panel).backgroundColor),
        series: [...panel.querySelectorAll('.lab-measure-key .lab-measure-mark')].map((mark) => ({
          colour: numbers(getComputedStyle(mark).color),
          mark: mark.querySelector('path')?.getAttribute('d'),
        })),
      };
    });
    expect(series.length).toBeGreaterThanOrEqual(SERVERS.length);
    for (const { colour } of series) expect(contrast(colour, ground)).toBeGreaterThanOrEqual(3);
    expect(new Set(series.map(({ colour }) => colour.join())).size).toBe(series.length);
    expect(new Set(series.map(({ mark }) => mark)).size).toBe(series.length);
    const { violations } = await new AxeBuilder({ page })
      .include('[data-lab="servers-compared"]')
      .analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('all of it has its place, and nothing is wider than the page', async ({ page }) => {
    const measurement = await Measurement.open(page, 'dispatch-cost');
    const show = measurement.panel.getByRole('button', { name: 'Show what was recorded' });
    expect((await show.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await measurement.showRecorded();
    // The step of the scenario follows the window: back to where the page begins.
    await page.evaluate(() => scrollTo(0, 0));
    const places = await measurement.places();
    await measurement.lab.button('Run').tap();
    await measurement.lab.expectState('exited');
    await expect(measurement.cell('curve', 'epoll', '1900')).toHaveText(/µs$/);
    expect(await measurement.places()).toEqual(places);
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(isWider).toBe(false);
    // Beside the chart is no room for names: a key has them.
    await expect(measurement.panel.locator('.lab-measure-key')).toBeVisible();
    for (const select of await measurement.panel.locator('select, button:visible').all()) {
      expect((await select.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
  });
});
