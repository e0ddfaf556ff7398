/** The book's fonts and its page: what is shipped, what is seen, and that nothing moves. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Page } from '@playwright/test';
import { create } from 'fontkitten';
import type { ServerProcess } from '../testing/server-process.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { PAGES } from './pages.ts';

const KiB = 1024;
/** In bytes: so little that what stands above a heading, and is written after it, comes later. */
const PIECE = 1000;

/** Pages of the reference, which nobody wrote, stand for all of them. */
const REFERENCE = ['/api/', '/api/c-names/', '/api/bufferevent/', '/api/sys/sockets/'];

/** Keeps the moves of anything in the page's text, but for those that follow a click or a key. */
async function watchShifts(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const shifts: string[] = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if ('hadRecentInput' in entry && entry.hadRecentInput) continue;
        const sources: unknown[] =
          'sources' in entry && Array.isArray(entry.sources) ? entry.sources : [];
        for (const source of sources) {
          if (typeof source !== 'object' || source === null || !('node' in source)) continue;
          const { node } = source;
          if (!(node instanceof Node)) continue;
          const element = node instanceof Element ? node : node.parentElement;
          // What is around the text, its list of chapters and its choice of a theme, is Starlight's.
          if (element?.closest('main')) shifts.push(element.outerHTML.slice(0, 120));
        }
      }
    }).observe({ type: 'layout-shift', buffered: true });
    Object.defineProperty(window, 'shifts', { value: shifts });
  });
  return () =>
    page.evaluate(
      () =>
        // Two frames later, whatever has just moved has been told.
        new Promise<string[]>((resolve) => {
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              const shifts: unknown = Reflect.get(window, 'shifts');
              resolve(Array.isArray(shifts) ? shifts.map(String) : ['nobody watched']);
            }),
          );
        }),
    );
}

/** The fonts in which the browser has set an element's text. */
async function fontsOf(page: Page, selector: string): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('DOM.enable');
  await devtools.send('CSS.enable');
  const { root } = await devtools.send('DOM.getDocument');
  const { nodeId } = await devtools.send('DOM.querySelector', { nodeId: root.nodeId, selector });
  const { fonts } = await devtools.send('CSS.getPlatformFontsForNode', { nodeId });
  await devtools.detach();
  return fonts.map(({ familyName, isCustomFont }) =>
    isCustomFont ? familyName : `${familyName} of the system`,
  );
}

test('the fonts are preloaded, kept for a year, and at most 70 KB together', async ({ page }) => {
  const fonts = new Map<string, number>();
  page.on('response', (response) => {
    if (!response.url().endsWith('.woff2')) return;
    expect(response.headers()['content-type']).toBe('font/woff2');
    expect(response.headers()['cache-control']).toContain('immutable');
    fonts.set(response.url(), Number(response.headers()['content-length']));
  });
  await page.goto('/select/', { waitUntil: 'networkidle' });
  const preloads = page.locator('link[rel="preload"][as="font"][type="font/woff2"][crossorigin]');
  const preloaded = await preloads.evaluateAll((links) =>
    links.map((link) => (link instanceof HTMLLinkElement ? link.href : '')),
  );
  expect([...fonts.keys()].sort()).toEqual(preloaded.sort());
  // One more is asked for when its one sign is to be seen.
  const size = (await stylesheetFonts(page)).reduce((sum, { bytes }) => sum + bytes.length, 0);
  test.info().annotations.push({ type: 'Fonts', description: `${size} bytes` });
  expect(size).toBeLessThanOrEqual(70 * KiB);
});

/** The addresses of a page's style sheets. */
function sheetsOf(page: Page): Promise<string[]> {
  return page
    .locator('link[rel="stylesheet"]')
    .evaluateAll((links) =>
      links.map((link) => (link instanceof HTMLLinkElement ? link.href : '')),
    );
}

/** What is shipped: the font files that the style sheets of a page name, each once. */
async function stylesheetFonts(page: Page): Promise<{ family: string; bytes: Buffer }[]> {
  const fonts = new Map<string, { family: string; bytes: Buffer }>();
  for (const sheet of await sheetsOf(page)) {
    const css = await (await page.request.get(sheet)).text();
    for (const [rule] of css.matchAll(/@font-face\s*\{[^}]*\}/g)) {
      const [, url] = /url\(["']?([^"')]+)/.exec(rule) ?? [];
      const [, family = ''] = /font-family:\s*["']?([^"';}]+)/.exec(rule) ?? [];
      if (url === undefined || fonts.has(url)) continue;
      const response = await page.request.get(new URL(url, sheet).href);
      expect(response.status()).toBe(200);
      fonts.set(url, { family, bytes: await response.body() });
    }
  }
  return [...fonts.values()];
}

test('prose and code are set in them', async ({ page }) => {
  const prose = '.sl-markdown-content > p';
  // Where the machine is too slow for the first page, they serve from the next one on.
  await expect(async () => {
    await page.goto('/select/', { waitUntil: 'networkidle' });
    expect(await fontsOf(page, prose)).toEqual([expect.stringContaining('Source Serif 4')]);
  }).toPass();
  expect(await fontsOf(page, '.sl-markdown-content h2')).toEqual([
    expect.stringContaining('Source Serif 4'),
  ]);
  expect(await fontsOf(page, '.sl-markdown-content > p > code')).toEqual([
    expect.stringContaining('JetBrains Mono'),
  ]);
});

test('every character of every page is in them', async ({ page }) => {
  await page.goto('/');
  const fonts = (await stylesheetFonts(page)).map(({ bytes }) => create(bytes));
  const missing = new Map<string, string>();
  for (const path of [...PAGES, ...REFERENCE]) {
    await page.goto(path);
    // What is folded too. What is around it has the letters of the reader's system.
    const text = await page.locator('main').evaluate((main) => main.textContent);
    for (const character of new Set(text)) {
      const code = character.codePointAt(0) ?? 0;
      const isPrinted = !/[\p{Cc}\p{Cf}]/u.test(character);
      const has = fonts.some((font) => !font.isCollection && font.hasGlyphForCodePoint(code));
      if (isPrinted && !has) missing.set(character, path);
    }
  }
  expect(Object.fromEntries(missing)).toEqual({});
  // What programs, clients and scenarios print beside that.
  for (const sign of '⏎→↓…“”‘’×−–—✓✗␀␇␛␡│├└─µé') {
    const code = sign.codePointAt(0) ?? 0;
    expect(
      fonts.some((font) => !font.isCollection && font.hasGlyphForCodePoint(code)),
      sign,
    ).toBe(true);
  }
});

test('a line of prose has 65 to 75 characters, and a lab is wider', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/select/');
  const measure = await page.locator('.sl-markdown-content > p').evaluateAll((paragraphs) => {
    // Lines that are full: all but the last of each paragraph without code in it.
    const lengths: number[] = [];
    for (const paragraph of paragraphs) {
      if (paragraph.querySelector('code')) continue;
      const range = document.createRange();
      const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
      const lines = new Map<number, number>();
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (let at = 0; at < (node.textContent ?? '').length; at += 1) {
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          const { bottom, width } = range.getBoundingClientRect();
          if (width > 0)
            lines.set(Math.round(bottom / 8), (lines.get(Math.round(bottom / 8)) ?? 0) + 1);
        }
      }
      lengths.push(
        ...[...lines.entries()]
          .sort(([a], [b]) => a - b)
          .slice(0, -1)
          .map(([, n]) => n),
      );
    }
    lengths.sort((a, b) => a - b);
    return { lines: lengths.length, longest: lengths.at(-Math.ceil(lengths.length / 10)) ?? 0 };
  });
  test.info().annotations.push({ type: 'Measure', description: JSON.stringify(measure) });
  expect(measure.lines).toBeGreaterThan(20);
  expect(measure.longest).toBeGreaterThanOrEqual(65);
  expect(measure.longest).toBeLessThanOrEqual(75);
  const width = (selector: string): Promise<number> =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => element.getBoundingClientRect().width);
  expect(await width('.lab')).toBeGreaterThan((await width('.sl-markdown-content > p')) * 1.2);
});

for (const [width, height] of [
  [1440, 800],
  [820, 1180],
  [360, 740],
] as const) {
  test(`nothing moves while a page comes, at ${width} × ${height}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    const shifts = await watchShifts(page);
    for (const path of ['/', '/select/', '/efficiency/', '/api/bufferevent/']) {
      await page.goto(path, { waitUntil: 'networkidle' });
      expect(await shifts(), path).toEqual([]);
    }
  });
}

/** Passes on what a server says, and its pages in pieces, each drawn before the next comes, if there is time for it. */
async function inPieces(page: Page, server: ServerProcess): Promise<Server> {
  const twoFrames = (): Promise<void> =>
    page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
        }),
    );
  const proxy = createServer((asked, answer) => {
    const respond = async (): Promise<void> => {
      const whole = await server.get(asked.url ?? '');
      const bytes = Buffer.from(await whole.arrayBuffer());
      const type = whole.headers.get('Content-Type') ?? '';
      answer.writeHead(whole.status, { 'Content-Type': type });
      if (!type.startsWith('text/html')) {
        answer.end(bytes);
        return;
      }
      const from = bytes.indexOf('<main');
      const to = bytes.indexOf('</main>');
      if (from < 0 || to < from) throw new Error('the page has no text');
      const begun = page.waitForURL(`**${asked.url ?? ''}`, { waitUntil: 'commit' });
      answer.write(bytes.subarray(0, from));
      await begun;
      for (let at = from; at < to; at += PIECE) {
        answer.write(bytes.subarray(at, Math.min(at + PIECE, to)));
        await twoFrames();
      }
      answer.end(bytes.subarray(to));
    };
    respond().catch((error: unknown) => answer.destroy(Error('no page', { cause: error })));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return proxy;
}

for (const [width, height] of [
  [1440, 800],
  [820, 1180],
  [360, 740],
] as const) {
  test(`nothing moves while a page comes in pieces, at ${width} × ${height}`, async ({
    page,
    server,
  }) => {
    test.slow();
    await page.setViewportSize({ width, height });
    const shifts = await watchShifts(page);
    const proxy = await inPieces(page, server);
    try {
      const address = proxy.address();
      if (typeof address !== 'object' || !address) throw new Error('the proxy does not listen');
      for (const path of ['/select/', '/efficiency/']) {
        const answer = await page.goto(`http://127.0.0.1:${address.port}${path}`);
        expect(answer?.status(), path).toBe(200);
        expect(await shifts(), path).toEqual([]);
      }
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
}

/** Keeps the fonts back until it is called; it resolves when the page has them. */
async function holdFonts(page: Page): Promise<() => Promise<void>> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route('**/*.woff2', async (route) => {
    await released;
    await route.continue();
  });
  return async () => {
    const preloaded = await page.locator('link[rel="preload"][as="font"]').count();
    let came = 0;
    const { promise: all, resolve } = Promise.withResolvers<void>();
    page.on('requestfinished', (request) => {
      if (request.url().endsWith('.woff2') && ++came === preloaded) resolve();
    });
    release();
    await all;
    await page.evaluate(async () => {
      await document.fonts.ready;
    });
  };
}

/** Waits until the page has been drawn. */
async function drawn(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect
    .poll(() => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length))
    .toBe(1);
}

const LATE = ['/', '/processes/', '/select/', '/bufferevents/', '/api/bufferevent/'];

test('a page is drawn without waiting for its fonts', async ({ page }) => {
  await holdFonts(page);
  await page.addInitScript(() => {
    // Nor for a moment: here none goes by.
    const start = window.setTimeout.bind(window);
    const value = (run: () => void, delay = 0): number => (delay > 0 ? 0 : start(run));
    Object.defineProperty(window, 'setTimeout', { value });
  });
  for (const path of LATE) {
    await page.goto(path, { waitUntil: 'domcontentloaded' });
    await drawn(page);
  }
});

for (const [width, height] of [
  [1440, 800],
  [820, 1180],
  [360, 740],
] as const) {
  test(`nothing moves when the fonts come late, at ${width} × ${height}`, async ({ context }) => {
    for (const path of LATE) {
      const page = await context.newPage();
      await page.setViewportSize({ width, height });
      const release = await holdFonts(page);
      const shifts = await watchShifts(page);
      await page.goto(path, { waitUntil: 'domcontentloaded' });
      await drawn(page);
      await release();
      expect(await shifts(), path).toEqual([]);
      await page.close();
    }
  });
}

test('what stands in for the book’s fonts is as high as they are', async ({ page }) => {
  await page.goto('/');
  const css = (
    await Promise.all(
      (await sheetsOf(page)).map(async (url) => (await page.request.get(url)).text()),
    )
  ).join('');
  const fonts = await stylesheetFonts(page);
  const standIns = [...css.matchAll(/@font-face\s*\{[^}]*size-adjust[^}]*\}/g)].map(
    ([rule]) => rule,
  );
  expect(standIns.length).toBeGreaterThan(10);
  for (const rule of standIns) {
    const [, family = ''] = /font-family:\s*["']?(Readable \w+)/.exec(rule) ?? [];
    const percent = (name: string): number =>
      Number(new RegExp(`${name}:\\s*([\\d.]+)%`).exec(rule)?.[1]) / 100;
    const bytes = fonts.find((font) => font.family === family)?.bytes ?? Buffer.alloc(0);
    const font = create(bytes);
    if (font.isCollection) throw new Error('a collection');
    const size = percent('size-adjust') * font.unitsPerEm;
    expect(percent('ascent-override') * size, rule).toBeCloseTo(font.ascent, -1);
    expect(percent('descent-override') * size, rule).toBeCloseTo(-font.descent, -1);
    expect(percent('line-gap-override'), rule).toBe(font.lineGap);
  }
});

/** Text without code in it, whose font is the terminals’. */
const PLAIN_PROSE = '.sl-markdown-content > p:not(:has(*))';

test('fonts that come late change no prose, and a terminal waits for its own', async ({ page }) => {
  const release = await holdFonts(page);
  await page.addInitScript(() => {
    // On a busy machine a click takes longer than a page waits for a font: here it waits until it comes.
    const start = window.setTimeout.bind(window);
    const value = (run: () => void, delay?: number): number =>
      delay === 8000 ? 0 : start(run, delay);
    Object.defineProperty(window, 'setTimeout', { value });
  });
  const shifts = await watchShifts(page);
  await page.goto('/listeners/', { waitUntil: 'domcontentloaded' });
  const lab = new LabPage(page, 'echo-listener');
  await drawn(page);
  expect(await fontsOf(page, PLAIN_PROSE)).toEqual([expect.stringContaining('of the system')]);
  await lab.section.scrollIntoViewIfNeeded();
  await expect(lab.section).toHaveAttribute('data-ready');
  await lab.button('Run').click();
  await expect(lab.status).toHaveText('Loading the lab…');
  await expect(lab.section.locator('.xterm')).toHaveCount(0);
  await release();
  await lab.expectState('running');
  await lab.expectText('alice', 'Connected to 127.0.0.1');
  const rows = '[data-lab="echo-listener"] [data-terminal="alice"] .xterm-rows > div';
  expect(await fontsOf(page, rows)).toEqual([expect.stringContaining('JetBrains Mono')]);
  expect(await fontsOf(page, PLAIN_PROSE)).toEqual([expect.stringContaining('of the system')]);
  expect((await shifts()).filter((moved) => !moved.includes('lab'))).toEqual([]);
});
