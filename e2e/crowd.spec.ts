/** A crowd of clients at a click: what becomes of a server, in curves and in words. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** A lab’s crowd, as a reader uses it. */
class Crowd {
  readonly lab: LabPage;
  readonly panel: Locator;
  readonly state: Locator;

  constructor(lab: LabPage) {
    this.lab = lab;
    this.panel = lab.section.locator('[data-crowd]');
    this.state = this.panel.locator('[data-crowd-state]');
  }

  static async open(page: Page, chapter: string, id: string): Promise<Crowd> {
    const crowd = new Crowd(await LabPage.open(page, chapter, id));
    await crowd.panel.locator(':scope > summary').click();
    return crowd;
  }

  button(name: string): Locator {
    return this.panel.getByRole('button', { name, exact: true });
  }

  /** What a chart says now. */
  value(curve: string): Locator {
    return this.panel.locator(`[data-curve="${curve}"] [data-value]`);
  }

  /** The number that a chart says. */
  async number(curve: string): Promise<number> {
    const text = await this.value(curve).textContent();
    return Number.parseFloat((text ?? '').replaceAll(',', ''));
  }

  /** Where a curve goes, from left to right: how high it is, as a share of the chart. */
  async heights(curve: string): Promise<number[]> {
    const path = await this.panel.locator(`path[data-line="${curve}"]`).getAttribute('d');
    return [...(path ?? '').matchAll(/[ML][\d.]+ (-?[\d.]+)/g)].map(([, y]) => 1 - Number(y) / 100);
  }

  /** Where everything of it is. */
  async places(): Promise<unknown> {
    return this.panel.evaluate((panel) => {
      const { x, y, height } = panel.getBoundingClientRect();
      const parts = panel.querySelectorAll('button, p, figure, figcaption > *, svg, summary');
      const places = [...parts].map((part) => {
        const place = part.getBoundingClientRect();
        // What is at the end of its line grows to the left.
        const left = part.matches('[data-value]') ? 0 : Math.round(place.x - x);
        return `${part.tagName} ${left}, ${Math.round(place.y - y)}`;
      });
      return { height, places };
    });
  }
}

test('a thousand clients of a server on events: nothing happens but descriptors', async ({
  page,
}) => {
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(request.url()));
  const crowd = await Crowd.open(page, 'events', 'rot13-event');
  await expect(crowd.state).toHaveText('Run the lab, then send a crowd.');
  for (const name of ['10 clients', '1,000 clients', 'Send away']) {
    await expect(crowd.button(name)).toBeDisabled();
  }
  const places = await crowd.places();
  await crowd.lab.run('alice', 'bob');
  await expect(crowd.state).toHaveText('Only the lab’s own clients are here so far.');
  expect(scripts.filter((url) => url.includes('crowd-view'))).toEqual([]);

  await crowd.button('1,000 clients').click();
  await expect(crowd.state).toHaveText(/^\d+ of 1,000 have come: \d+ connected\.$/);
  expect(await crowd.places()).toEqual(places);
  await expect(crowd.state).toHaveText('All 1,000 have come: 1,000 connected.');
  await expect(crowd.button('1,000 clients')).toHaveAttribute('aria-pressed', 'true');
  expect(scripts.filter((url) => url.includes('crowd-view'))).not.toEqual([]);
  await expect.poll(() => crowd.number('descriptors')).toBeGreaterThan(1000);
  await expect(crowd.value('processes')).toHaveText('1');
  await expect(crowd.value('line')).toHaveText(/^[\d.]+ m?s$/);
  // As many processes at the end as at the beginning, and descriptors in a straight line.
  expect(new Set(await crowd.heights('processes')).size).toBe(1);
  const heights = await crowd.heights('descriptors');
  expect(heights.at(-1)).toBeGreaterThan(5 * (heights[0] ?? NaN));
  await expect(crowd.panel.locator('[data-curve="line"] [data-wall]')).not.toHaveAttribute(
    'd',
    /./,
  );

  await crowd.lab.type('alice', 'with so many about\n');
  await crowd.lab.expectText('alice', /jvgu fb znal nobhg/);
  expect(await crowd.places()).toEqual(places);

  await crowd.button('Send away').click();
  await expect(crowd.state).toHaveText('Only the lab’s own clients are here so far.');
  await expect(crowd.button('Send away')).toBeDisabled();
  await expect(crowd.panel.locator('[data-crowd-said]')).toHaveText('The crowd has gone.');
  // The next one is drawn over it.
  await crowd.button('talking').click();
  await crowd.button('10 clients').click();
  await expect(crowd.state).toHaveText(
    /^All 10 have come: 10 connected\. Lines: \d\d+ sent, \d\d+ back\.$/,
  );
  await crowd.lab.button('Stop').click();
  await expect(crowd.state).toHaveText(/^The run is over\. Last seen: All 10 have come: /);
  await crowd.lab.button('Clear').click();
  await expect(crowd.state).toHaveText('Run the lab, then send a crowd.');
  await expect(crowd.value('descriptors')).toHaveText('–');
  expect(await crowd.places()).toEqual(places);
});

test('a thousand clients of a server that forks: memory climbs, and the kernel refuses', async ({
  page,
}) => {
  const crowd = await Crowd.open(page, 'processes', 'rot13-fork');
  const places = await crowd.places();
  await crowd.lab.run('alice', 'bob');
  await crowd.button('1,000 clients').click();
  await expect(crowd.state).toHaveText(
    /^All 1,000 have come: 1\d\d connected, 8\d\d closed by the server\. Its output says: “fork: Resource temporarily unavailable”\.$/,
  );
  expect(await crowd.places()).toEqual(places);
  await crowd.lab.expectText('server', 'fork: Resource temporarily unavailable');
  await expect.poll(() => crowd.number('processes')).toBeGreaterThan(100);
  await expect.poll(() => crowd.number('memory')).toBeGreaterThan(60);
  const wall = crowd.panel.locator('[data-curve="memory"] [data-wall]');
  await expect(wall).toHaveAttribute('d', /^M1\d(\.\d+)? 0V100$/);
  // The server goes on, and so does the lab.
  await crowd.lab.type('alice', 'am I alone\n');
  await crowd.lab.expectText('alice', /nz V nybar/);
  await crowd.lab.expectState('running');

  const table = crowd.panel.getByRole('table');
  await expect(table).toBeHidden();
  await crowd.panel.getByText('The figures in a table').click();
  await expect(table.getByRole('columnheader').first()).toHaveText('clients');
  await expect(table.getByRole('rowheader')).toHaveText(
    Array.from({ length: 10 }, (_, index) => ((index + 1) * 100).toLocaleString('en')),
  );
  await expect(table.getByRole('row').last()).toContainText(/1\d\d.*MB.*%.* ms/);
});

test('what the server program says to a crowd of threads is in its terminal', async ({ page }) => {
  const crowd = await Crowd.open(page, 'processes', 'rot13-threads');
  await crowd.lab.run('alice', 'bob');
  await crowd.button('100 clients').click();
  await expect(crowd.state).toHaveText(
    /^All 100 have come: \d+ connected, \d\d closed by the server\. Its output says: “.*EAGAIN.*”\.$/,
  );
  await crowd.lab.expectText('server', 'EAGAIN');
  await expect(crowd.panel.locator('[data-curve="threads"]')).toHaveCount(1);
  await crowd.lab.expectState('running');
});

test('no crowd can be sent while a scenario is played, or to a lab that has none', async ({
  page,
}) => {
  const crowd = await Crowd.open(page, 'events', 'rot13-event');
  await crowd.lab.button('Next step').click();
  await expect(crowd.button('10 clients')).toBeEnabled();
  await crowd.lab.button('Play scenario').click();
  await expect(crowd.button('10 clients')).toBeDisabled();
  expect(await new LabPage(page, 'silent-clients').section.locator('[data-crowd]').count()).toBe(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`its panel has no accessibility mistakes, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    const crowd = await Crowd.open(page, 'listeners', 'echo-listener');
    await crowd.lab.run('alice', 'bob');
    await crowd.button('10 clients').click();
    await expect(crowd.state).toHaveText('All 10 have come: 10 connected.');
    await crowd.panel.getByText('The figures in a table').click();
    const { violations } = await new AxeBuilder({ page })
      .include('[data-lab="echo-listener"] [data-crowd]')
      .analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  });
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('all of it has its place, and nothing is wider than the page', async ({ page }) => {
    const crowd = await Crowd.open(page, 'bufferevents', 'rot13-bufferevent');
    const places = await crowd.places();
    await crowd.lab.run('alice', 'bob');
    await crowd.button('talking').tap();
    await crowd.button('100 clients').tap();
    await expect(crowd.state).toHaveText(/^All 100 have come: 100 connected\. Lines: /);
    await expect.poll(() => crowd.number('descriptors')).toBeGreaterThan(100);
    expect(await crowd.places()).toEqual(places);
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(isWider).toBe(false);
    const heights = await crowd.panel
      .getByRole('button')
      .evaluateAll((buttons) => buttons.map((each) => each.getBoundingClientRect().height));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
  });
});
