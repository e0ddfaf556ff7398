/** The site below a path of its host, published with an address, built into a folder of its own. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { ROOT } from '../project.ts';
import { Program } from '../testing/program.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { followReferences } from './built-links.ts';
import { LabPage } from './lab-page.ts';
import { watchViolations } from './violations.ts';

/** How whoever hosts it would set it. */
const PUBLISHED = {
  SITE: 'https://readable.example',
  READABLE_BASE: '/book/',
  READABLE_REPOSITORY: 'https://forge.example/me/readable',
  READABLE_FEEDBACK: 'mailto:me@readable.example',
};

// One build is enough for all of them.
test.describe.configure({ mode: 'default' });

let folder: string;
let server: ServerProcess;

function serve(): Promise<ServerProcess> {
  return ServerProcess.start({
    script: join(ROOT, 'testing', 'serve-site.ts'),
    environment: { ...PUBLISHED, BUILT_SITE: folder },
  });
}

test.beforeAll(async () => {
  // Below the project: what Astro makes of pages before it renders them looks for packages there.
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'dist', 'below-a-path-'));
  const astro = join(ROOT, 'node_modules/astro/bin/astro.mjs');
  const command = [process.execPath, astro, 'build', '--force', '--silent', '--outDir', folder];
  const environment = { ...PUBLISHED, ASTRO_TELEMETRY_DISABLED: '1' };
  const [file = '', ...args] = command;
  await using build = Program.start([file, ...args], { directory: ROOT, environment });
  expect(await build.close(), build.printed).toBe(0);
  server = await serve();
});

test.afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

// At the root, page.spec.ts follows them.
test('every link and every file of every page is below it', () => {
  const { count, dead } = followReferences(folder, PUBLISHED.READABLE_BASE);
  expect(count).toBeGreaterThan(1000);
  expect(dead).toEqual([]);
});

test('a reader comes from the root to a chapter, runs its lab, and finds another', async ({
  page,
}) => {
  const violations = await watchViolations(page);
  const errors: string[] = [];
  const outside: string[] = [];
  const { origin } = new URL(server.url);
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && request.url() !== `${origin}/`) {
      outside.push(request.url());
    }
  });
  page.on('websocket', (socket) => {
    const { pathname } = new URL(socket.url());
    if (pathname !== '/book/session' && pathname !== '/book/session/now')
      outside.push(socket.url());
  });
  await page.goto(`${origin}/`);
  await expect(page).toHaveURL(server.url);
  await page.getByRole('link', { name: 'Start with chapter 1' }).click();
  await expect(page).toHaveURL(`${server.url}blocking/`);
  await page
    .getByRole('navigation', { name: 'Main' })
    .getByRole('link', { name: /listeners/ })
    .click();
  await expect(page).toHaveURL(`${server.url}listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await lab.run('alice', 'bob');
  await lab.type('alice', 'below\n');
  await lab.expectText('alice', /below\nbelow/);
  await page.getByRole('link', { name: 'last server' }).click();
  await expect(page).toHaveURL(`${server.url}bufferevents/`);
  await page.getByRole('combobox', { name: 'Select theme' }).selectOption('dark');
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').fill('backlog');
  await dialog
    .getByRole('link', { name: /Connection listeners/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/book\/listeners\//);
  await page
    .getByRole('link', { name: /API reference/ })
    .first()
    .click();
  await expect(page).toHaveURL(`${server.url}api/evconnlistener/`);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect({ violations, errors, outside }).toEqual({ violations: [], errors: [], outside: [] });
});

test('a page whose server is gone asks for it below the path', async ({ page }) => {
  await using own = await serve();
  await page.goto(`${own.url}listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await lab.run('alice', 'bob');
  const asked = page.waitForRequest(`${own.url}healthz`);
  await own.stop('SIGKILL');
  await asked;
});

test('nothing but the root’s way there, and health, is outside it', async ({ request }) => {
  const { origin } = new URL(server.url);
  const root = await request.get(`${origin}/`, { maxRedirects: 0 });
  expect(root.status()).toBe(302);
  expect(root.headers()['location']).toBe('/book/');
  for (const url of [`${origin}/healthz`, `${server.url}healthz`]) {
    expect(await (await request.get(url)).json()).toMatchObject({ status: 'ok' });
  }
  for (const path of ['/listeners/', '/favicon.svg', '/bookshop/', '/book/book/', '/book/no/']) {
    const response = await request.get(origin + path);
    expect(response.status(), path).toBe(404);
    // The page that says so finds its own files.
    expect(await response.text()).toContain('href="/book/favicon.svg"');
  }
});

test('pages say where they are, and whose they are', async ({ page }) => {
  await page.goto('about:blank');
  const html = readFileSync(join(folder, 'select', 'index.html'), 'utf8');
  await page.setContent(html.replaceAll(/<script\b[^>]*>[^]*?<\/script>/g, ''));
  const head = page.locator('head');
  const href = (rel: string): Promise<string | null> =>
    head.locator(`link[rel="${rel}"]`).getAttribute('href');
  expect(await href('canonical')).toBe('https://readable.example/book/select/');
  expect(await href('sitemap')).toBe('/book/sitemap-index.xml');
  expect(await href('icon')).toBe('/book/favicon.ico');
  await expect(head.locator('meta[property="og:image"]')).toHaveAttribute(
    'content',
    'https://readable.example/book/og.png',
  );
  const footer = page.locator('.colophon');
  await expect(footer.getByRole('link', { name: 'Source code' })).toHaveAttribute(
    'href',
    PUBLISHED.READABLE_REPOSITORY,
  );
  const report = new URL(
    (await footer.getByRole('link', { name: 'Report a mistake' }).getAttribute('href')) ?? '',
  );
  expect(report.href).toContain(`${PUBLISHED.READABLE_FEEDBACK}?`);
  expect(report.searchParams.get('body')).toContain('https://readable.example/book/select/');
  const sitemap = readFileSync(join(folder, 'sitemap-0.xml'), 'utf8');
  expect(sitemap).toContain('<loc>https://readable.example/book/select/</loc>');
  expect(sitemap).not.toContain('404');
});
