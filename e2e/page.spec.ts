import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../sandbox-server/runtime.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

const KiB = 1024;

test('a chapter before Run: at most 35 KB of JavaScript, gzipped, on the wire', async ({
  browser,
  server,
}) => {
  // Plain gzip, which every host can do, whatever this browser would take.
  const context = await browser.newContext({ extraHTTPHeaders: { 'Accept-Encoding': 'gzip' } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  const scripts = new Map<string, { url: string; bytes: number }>();
  devtools.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script') scripts.set(requestId, { url: response.url, bytes: 0 });
  });
  devtools.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    const script = scripts.get(requestId);
    if (script) script.bytes += encodedDataLength;
  });
  await page.goto(`${server.url}listeners/`, { waitUntil: 'networkidle' });
  const inline = await page.locator('script:not([src])').evaluateAll((elements) =>
    elements
      .filter(
        (element) =>
          !['application/json', 'application/ld+json'].includes(element.getAttribute('type') ?? ''),
      )
      .map((element) => element.textContent)
      .join('\n'),
  );
  const external = [...scripts.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const total = external + gzipSync(inline).length;
  test.info().annotations.push({ type: 'JavaScript before Run', description: `${total} bytes` });
  expect(external).toBeGreaterThan(0);
  expect(total, JSON.stringify([...scripts.values()])).toBeLessThanOrEqual(35 * KiB);
  await context.close();
});

test('search is loaded when a reader reaches for it, and finds the chapter', async ({ page }) => {
  await page.goto('/');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('textbox').fill('backlog');
  await page
    .getByRole('dialog')
    .getByRole('link', { name: /Connection listeners/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/listeners\//);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the chapter reads, and the program is there', async ({ page }) => {
    await page.goto('/listeners/');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Connection listeners');
    const program = readFileSync(join(ROOT, 'content/listeners/echo-listener/server.ts'), 'utf8');
    const lab = page.locator('[data-lab="echo-listener"]');
    for (const line of program.split('\n').filter((text) => text.trim().length > 0)) {
      await expect(lab).toContainText(line.trim());
    }
    // Chromium, told to run no scripts, still parses as if it did; the markup is what counts.
    const html = await (await page.request.get('/listeners/')).text();
    expect(html).toMatch(/<noscript>[^]*needs JavaScript[^]*<\/noscript>/);
  });
});

test('nothing on the pages is fetched from elsewhere', async ({ page, server }) => {
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) {
      foreign.push(request.url());
    }
  });
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  expect(foreign.filter((url) => !url.startsWith(`ws://127.0.0.1:${server.port}/`))).toEqual([]);
});

test('pages log no error', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  for (const path of ['/', '/listeners/']) await page.goto(path);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  expect(errors).toEqual([]);
});

test('no link of the site leads nowhere', async ({ page, request }) => {
  const seen = new Set<string>();
  const queue = ['/'];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await request.get(path);
    expect(response.status(), path).toBe(200);
    if (!response.headers()['content-type']?.includes('text/html')) continue;
    await page.goto(path);
    const links = await page.locator('a[href]').evaluateAll((anchors) =>
      anchors.flatMap((anchor) => {
        const url = new URL(anchor.getAttribute('href') ?? '', document.baseURI);
        if (url.origin !== location.origin) return [];
        const samePage = url.pathname === location.pathname;
        const target = decodeURIComponent(url.hash.slice(1));
        if (samePage && target && !document.getElementById(target)) return [`dead:${url.hash}`];
        return [url.pathname];
      }),
    );
    expect(
      links.filter((link) => link.startsWith('dead:')),
      path,
    ).toEqual([]);
    queue.push(...links);
  }
  expect(seen).toContain('/listeners/');
});

test('health is told to whoever watches', async ({ request }) => {
  const response = await request.get('/healthz');
  expect(await response.json()).toMatchObject({ status: 'ok', isolation: 'bubblewrap' });
});

test('an unknown page is a 404 that helps', async ({ page }) => {
  const response = await page.goto('/no-such-chapter/');
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('link').first()).toBeVisible();
});
