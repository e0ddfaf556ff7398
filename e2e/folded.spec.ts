/** Code that is folded: there when it is opened or looked for, with and without JavaScript. */
import { shownProgram } from '../testing/shown-line.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

test('what changed is folded, and there when it is opened', async ({ page }) => {
  await page.goto('/select/');
  const changes = page.locator('.changes').first();
  await expect(changes.locator('pre')).toBeHidden();
  await changes.getByText(/What changed since/).click();
  await expect(changes.locator('pre')).toBeVisible();
  await expect(changes.locator('.ec-line.ins').first()).toBeVisible();
  await expect(changes.getByRole('button', { name: /copy/i })).toHaveCount(1);
  // The style of code is there although it came with what was folded.
  await expect(changes.locator('pre')).toHaveCSS('white-space', /pre/);
  await changes.getByText(/What changed since/).click();
  await expect(changes.locator('pre')).toBeHidden();
});

test('the browser finds a word in a fold that is closed, and opens it', async ({ page }) => {
  await page.goto('/select/');
  const program = page.locator('[data-lab="rot13-select"] .lab-program');
  // Only elements are searched, and a search is given up where elements come while it goes on.
  await expect(page.locator('details[data-folded]:has(noscript)')).toHaveCount(0);
  await expect(program.locator('.ec-line')).not.toHaveCount(0);
  await expect(program).not.toHaveAttribute('open');
  // Chromium looks for a text fragment as it does for what is typed after Ctrl-F.
  await page.evaluate(() => {
    location.hash = `:~:text=${encodeURIComponent('a short way to 1,024')}`;
  });
  await expect(program).toHaveAttribute('open');
  await expect(program.getByText('a short way to 1,024')).toBeInViewport();
});

test('without JavaScript it is in the document', async ({ request }) => {
  const html = await (await request.get('/select/')).text();
  expect(html).toMatch(
    /<details[^>]*class="changes[^"]*"[^>]*>[^]*?<noscript>[^]*?<pre[^]*?FD_ISSET/,
  );
});

test('Copy takes the text of a program, which the page has only once', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.showProgram();
  const code = lab.section.locator('.program-code');
  await code.hover();
  await code.getByRole('button', { name: /copy/i }).click();
  await expect(code.getByText('Copied!')).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(shownProgram('echo-listener').trimEnd());
});

test('words of a program have the colours of the theme', async ({ page }) => {
  for (const [colorScheme, colour] of [
    ['dark', 'rgb(199, 146, 234)'],
    ['light', 'rgb(136, 68, 174)'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    const lab = await LabPage.open(page, 'listeners', 'echo-listener');
    await lab.showProgram();
    const word = lab.section.locator('.program-code .ec-line span', { hasText: /^import$/ });
    await expect(word.first()).toHaveCSS('color', colour);
  }
});
