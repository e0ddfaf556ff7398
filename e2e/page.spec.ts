import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { withoutRegionMarks } from '../lab/regions.ts';
import { CONTENT, ROOT } from '../project.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { PAGES, STATIONS } from './pages.ts';

const KiB = 1024;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** What a page says, without its markup. */
function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll(/&([a-z]+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}

for (const path of PAGES) {
  test(`${path} before Run: less than 15 KB of JavaScript, gzipped, on the wire`, async ({
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
    await page.goto(server.url + path.slice(1), { waitUntil: 'networkidle' });
    const inline = await page.locator('script:not([src])').evaluateAll((elements) =>
      elements
        .filter(
          (element) =>
            !['application/json', 'application/ld+json'].includes(
              element.getAttribute('type') ?? '',
            ),
        )
        .map((element) => element.textContent)
        .join('\n'),
    );
    const external = [...scripts.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    const total = external + gzipSync(inline).length;
    test.info().annotations.push({ type: 'JavaScript before Run', description: `${total} bytes` });
    expect(external).toBeGreaterThan(0);
    expect(total, JSON.stringify([...scripts.values()])).toBeLessThan(15 * KiB);
    await context.close();
  });
}

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
    await page.goto('/bufferevents/');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Bufferevents');
    // Chromium, told to run no scripts, still parses as if it did; the markup is what counts.
    const html = await (await page.request.get('/bufferevents/')).text();
    expect(html).toMatch(/<noscript>[^]*needs JavaScript[^]*<\/noscript>/);
    const text = textOf(html);
    const file = join(CONTENT, 'bufferevents/rot13-bufferevent/server.ts');
    const program = withoutRegionMarks(readFileSync(file, 'utf8'));
    for (const line of program.split('\n')) expect(text).toContain(line.trim());
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
  for (const path of PAGES) await page.goto(path);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  expect(errors).toEqual([]);
});

/** What a page links to, and what on it can be linked to. */
function readLinks(html: string, address: URL): { links: URL[]; ids: Set<string> } {
  const attributes = (name: string): string[] =>
    [...html.matchAll(new RegExp(`<[a-z][^>]*\\s${name}="([^"]*)"`, 'g'))].map(([, value = '']) =>
      value.replaceAll('&amp;', '&').replaceAll('&#38;', '&'),
    );
  return {
    links: attributes('href').map((href) => new URL(href, address)),
    ids: new Set(attributes('id')),
  };
}

test('no page links a style sheet twice', async ({ request }) => {
  for (const path of PAGES) {
    const html = await (await request.get(path)).text();
    const sheets = html.match(/<link\b[^>]*\brel="stylesheet"[^>]*>/g) ?? [];
    expect(new Set(sheets).size, path).toBe(sheets.length);
  }
});

test('no link of the site leads nowhere, nor to a place that is not on its page', async ({
  request,
  server,
}) => {
  const pages = new Map<string, Set<string>>();
  const wanted: { from: string; path: string; id: string }[] = [];
  const queue = ['/', '/404.html'];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (pages.has(path)) continue;
    const response = await request.get(path);
    expect(response.status(), path).toBe(200);
    const isPage = response.headers()['content-type']?.includes('text/html') ?? false;
    const html = isPage ? await response.text() : '';
    const { links, ids } = readLinks(html, new URL(path, server.url));
    pages.set(path, ids);
    for (const link of links.filter(({ origin }) => `${origin}/` === server.url)) {
      queue.push(link.pathname);
      const id = decodeURIComponent(link.hash.slice(1));
      if (id) wanted.push({ from: path, path: link.pathname, id });
    }
  }
  const dead = wanted.filter(({ path, id }) => pages.get(path)?.has(id) === false);
  expect(dead).toEqual([]);
  for (const path of PAGES) expect([...pages.keys()]).toContain(path);
});

test('a site whose address nobody knows claims none, and tells its version and licence', async ({
  page,
}) => {
  await page.goto('/');
  await expect(page).toHaveTitle('Readable: a book on asynchronous I/O');
  for (const rel of ['canonical', 'sitemap']) {
    await expect(page.locator(`link[rel="${rel}"]`)).toHaveCount(0);
  }
  expect((await page.request.get('/sitemap-index.xml')).status()).toBe(404);
  const footer = page.locator('.colophon');
  const [, version = 'none'] =
    /"version": "([^"]+)"/.exec(readFileSync(join(ROOT, 'package.json'), 'utf8')) ?? [];
  await expect(footer).toContainText(`Readable ${version}`);
  if (existsSync(join(ROOT, '.git'))) await expect(footer).toContainText(/Commit [0-9a-f]{9}/);
  await expect(footer.getByRole('link', { name: 'Source code' })).toHaveCount(0);
  await expect(footer.getByRole('link', { name: 'Report a mistake' })).toHaveCount(0);
  await footer.getByRole('link', { name: 'BSD-3-Clause' }).click();
  await expect(page.getByText('Redistribution and use in source and binary forms')).toBeVisible();
  await page.goBack();
  await footer.getByRole('link', { name: 'Licences of the fonts' }).click();
  for (const font of ['Source Serif 4', 'JetBrains Mono', 'Noto Sans Symbols 2']) {
    await expect(page.getByText(`${font}, of which this site ships a part`)).toBeVisible();
  }
  await expect(page.getByText('SIL OPEN FONT LICENSE').first()).toBeVisible();
});

test('a chapter says where it is, what it mends and breaks, and what comes next', async ({
  page,
}) => {
  await page.goto('/blocking/');
  const map = page.getByRole('navigation', { name: 'The journey' });
  const chapters = await map
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
  expect([...chapters].sort()).toEqual(STATIONS.map((slug) => `/${slug}/`));
  for (const [index, path] of chapters.entries()) {
    await page.goto(path);
    const title = await page.getByRole('heading', { level: 1 }).innerText();
    const present = map.locator('[aria-current="page"]');
    await expect(present).toHaveAccessibleName(`Chapter ${index + 1}: ${title}`);
    expect(
      await present.evaluate((link) => link instanceof HTMLAnchorElement && link.pathname),
    ).toBe(path);
    const said = page.locator('.mends-breaks > div');
    const words = ['Mends', 'Breaks'].slice(index === 0 ? 1 : 0);
    await expect(said.locator('dt')).toHaveText(words);
    await expect(said.locator('dd').filter({ hasText: /^[A-Z].+\.$/ })).toHaveCount(words.length);
    // The card has the sentence by which the next page describes itself.
    const card = page.locator('a[rel="next"]');
    const target = (await card.getAttribute('href')) ?? '';
    if (index + 1 < chapters.length) expect(target).toBe(chapters[index + 1]);
    const html = await (await page.request.get(target)).text();
    const [, description = ''] = /<meta name="description" content="([^"]+)"/.exec(html) ?? [];
    expect(description).not.toBe('');
    await expect(card).toContainText(textOf(description));
  }
});

test('every kind of icon is there', async ({ page }) => {
  await page.goto('/');
  const icons = page.locator('link[rel$="icon"]');
  await expect(icons).toHaveCount(3);
  for (const href of await icons.evaluateAll((links) =>
    links.map((link) => link.getAttribute('href') ?? ''),
  )) {
    const size = await page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return image.naturalWidth;
    }, href);
    expect(size, href).toBeGreaterThanOrEqual(32);
  }
  // Feed readers and old browsers ask for this one without having seen a page.
  expect((await page.request.get('/favicon.ico')).headers()['content-type']).toContain('icon');
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
