/** What the pages’ Content-Security-Policy forbids, and that no page needs any of it. */
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { PAGES } from './pages.ts';
import { watchViolations } from './violations.ts';

/** Where Chromium leaves a frame whose page it refused. */
const REFUSED = 'chrome-error://chromewebdata/';

/** Pages of the reference, which nobody wrote, stand for all of them. */
const REFERENCE = ['/api/', '/api/c-names/', '/api/evconnlistener/', '/api/sys/sockets/'];

test('no page needs what it forbids', async ({ page }) => {
  const violations = await watchViolations(page);
  for (const path of [...PAGES, ...REFERENCE]) {
    const response = await page.goto(path, { waitUntil: 'networkidle' });
    expect(response?.headers()['content-security-policy'], path).toContain("script-src 'self'");
  }
  expect(violations).toEqual([]);
});

test('nor does a lab that runs', async ({ page }) => {
  const violations = await watchViolations(page);
  const lab = await LabPage.open(page, 'bufferevents', 'rot13-bufferevent');
  await lab.run('alice', 'bob');
  await lab.type('alice', 'within the rules\n');
  await lab.expectText('alice', /within the rules\njvguva gur ehyrf/);
  await lab.showProgram();
  await expect(lab.section.locator('.program-code .expressive-code')).toBeVisible();
  expect(violations).toEqual([]);
});

test('nor does the choice of a theme, or the search', async ({ page }) => {
  const violations = await watchViolations(page);
  await page.goto('/select/');
  await page.getByRole('combobox', { name: 'Select theme' }).selectOption('dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('backlog');
  await expect(dialog.getByRole('link').first()).toBeVisible();
  expect(violations).toEqual([]);
});

test('a script that somebody puts into a page does not run', async ({ page }) => {
  const violations = await watchViolations(page);
  await page.goto('/select/');
  await page.evaluate(() => {
    const host = document.createElement('div');
    host.innerHTML = '<img src="/favicon.svg" onload="document.title = \'taken\'">';
    const script = document.createElement('script');
    script.textContent = 'document.title = "taken"';
    const foreign = document.createElement('script');
    foreign.src = 'https://evil.example/x.js';
    const base = document.createElement('base');
    base.href = 'https://evil.example/';
    document.body.append(host, script, foreign);
    document.head.append(base);
    Reflect.apply(setTimeout, window, ['document.title = "taken"', 0]);
  });
  await expect.poll(() => violations.length).toBeGreaterThanOrEqual(5);
  const forbidden = (directive: string): unknown => expect.stringContaining(`${directive} forbids`);
  expect(violations).toEqual(
    expect.arrayContaining([
      forbidden('script-src-attr'),
      forbidden('script-src-elem'),
      forbidden('base-uri'),
      expect.stringContaining('script-src forbids eval'),
      expect.stringContaining('https://evil.example/x.js'),
    ]),
  );
  await expect(page).not.toHaveTitle('taken');
});

test('no other site can show a page in a frame', async ({ page, server }) => {
  await page.route('http://other.example/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<iframe src="${server.url}"></iframe>` }),
  );
  await page.goto('http://other.example/');
  await expect.poll(() => page.frames().map((frame) => frame.url())).toContain(REFUSED);
});
