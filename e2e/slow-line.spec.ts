/** A click is answered before what it needs has come over the line, and also when that never comes. */
import type { Page } from '@playwright/test';
import { NAMED, goOffline, serveByName } from './by-name.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

const CONTROLLER = '**/_astro/lab-controller.*.js';
const SEARCH = '**/_astro/ui-core.*.js';

/** Holds requests back until it is called. */
async function hold(page: Page, url: string): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(url, async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

for (const name of ['Run', 'Play scenario']) {
  test(`${name} is answered while the lab’s script is on its way, and runs once`, async ({
    page,
  }) => {
    let runs = 0;
    page.on('websocket', () => (runs += 1));
    const release = await hold(page, CONTROLLER);
    const lab = await LabPage.open(page, 'listeners', 'echo-listener');
    await lab.button(name).click();
    await lab.expectState('starting');
    await expect(lab.status).toHaveText(/^Loading/);
    await expect(lab.button('Run')).toBeDisabled();
    await expect(lab.button('Play scenario')).toBeDisabled();
    await expect(lab.button(name)).toBeFocused();
    for (const again of ['Run', 'Play scenario']) await lab.button(again).dispatchEvent('click');
    release();
    await lab.expectState('running');
    await lab.expectText('alice', 'Connected to');
    expect(runs).toBe(1);
    const begun = lab.section.locator('[data-scenario-panel][data-begun]');
    await expect(begun).toHaveCount(name === 'Play scenario' ? 1 : 0);
    await lab.button('Stop').click();
    await lab.expectState('stopped');
    await expect(lab.button('Run')).toBeEnabled();
  });
}

test('offline, a click says so', async ({ page, server }) => {
  await serveByName(page, server.url);
  await page.goto(`${NAMED}listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await goOffline(page);
  await lab.button('Run').click();
  await lab.expectState('failed');
  await expect(lab.status).toHaveText(/offline.*Click Run again/);
});

test('a click in vain says so, and the next one works on the line again', async ({
  page,
  context,
}) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await context.setOffline(true);
  await lab.button('Run').click();
  await lab.expectState('failed');
  await expect(lab.status).toHaveText(/does not answer.*Click Run/);
  await context.setOffline(false);
  await lab.run('alice', 'bob');
});

test('an upgrade took the script away: the page is loaded anew and does what was clicked', async ({
  page,
}) => {
  await page.route(CONTROLLER, (route) => route.fulfill({ status: 404 }), { times: 1 });
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await page.evaluate(() => document.body.setAttribute('data-old', ''));
  await lab.button('Play scenario').click();
  await lab.expectState('running');
  await expect(page.locator('body')).not.toHaveAttribute('data-old');
  await expect(lab.section.locator('[data-scenario-panel][data-begun]')).toBeVisible();
  await page.reload();
  await lab.expectState('idle');
});

test('a script that is nowhere: one new page, and then words', async ({ page }) => {
  await page.route(CONTROLLER, (route) => route.fulfill({ status: 404 }));
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  let pages = 0;
  page.on('load', () => (pages += 1));
  await lab.button('Run').click();
  await lab.expectState('failed');
  await expect(lab.status).toHaveText(/although the server answers.*Click Run/);
  expect(pages).toBe(1);
  await page.unroute(CONTROLLER);
  await lab.run('alice', 'bob');
});

test('a server that is gone: the page says so, and Run works when it is back', async ({ page }) => {
  await page.route(CONTROLLER, (route) => route.abort());
  await page.route('/healthz', (route) => route.abort());
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  for (let click = 0; click < 2; click++) {
    await lab.button('Run').click();
    await lab.expectState('failed');
    await expect(lab.status).toHaveText(/does not answer.*Click Run/);
  }
  await page.unroute(CONTROLLER);
  await page.unroute('/healthz');
  await lab.run('alice', 'bob');
});

test('the search says that it is on its way', async ({ page }) => {
  const release = await hold(page, SEARCH);
  await page.goto('/select/');
  await page.getByRole('button', { name: 'Search' }).click();
  const dialog = page.getByRole('dialog', { name: 'Search' });
  await expect(dialog.getByRole('status')).toHaveText(/^Loading/);
  release();
  await expect(dialog.getByRole('textbox')).toBeFocused();
  await expect(dialog.getByText(/^Loading/)).toHaveCount(0);
});

test('a search that could not be loaded says so', async ({ page }) => {
  await page.route(SEARCH, (route) => route.abort(), { times: 1 });
  await page.goto('/select/');
  await page.getByRole('button', { name: 'Search' }).click();
  const dialog = page.getByRole('dialog', { name: 'Search' });
  await expect(dialog.getByRole('status')).toHaveText(/Reload the page/);
  await page.reload();
  await page.getByRole('button', { name: 'Search' }).click();
  await dialog.getByRole('textbox').fill('backlog');
  await expect(dialog.getByRole('link').first()).toBeVisible();
});
