/** Code that is folded: there when it is opened, with and without JavaScript. */
import { expect, test } from './fixtures.ts';

test('what changed is part of the page only when it is opened', async ({ page }) => {
  await page.goto('/select/');
  const changes = page.locator('.changes').first();
  await expect(changes.locator('pre')).toHaveCount(0);
  await changes.getByText(/What changed since/).click();
  await expect(changes.locator('pre')).toBeVisible();
  await expect(changes.locator('.ec-line.ins').first()).toBeVisible();
  await expect(changes.getByRole('button', { name: /copy/i })).toHaveCount(1);
  // The style of code is there although it came with what was folded.
  await expect(changes.locator('pre')).toHaveCSS('white-space', /pre/);
  await changes.getByText(/What changed since/).click();
  await expect(changes.locator('pre')).toBeHidden();
});

test('without JavaScript it is in the document', async ({ request }) => {
  const html = await (await request.get('/select/')).text();
  expect(html).toMatch(
    /<details[^>]*class="changes[^"]*"[^>]*>[^]*?<noscript>[^]*?<pre[^]*?FD_ISSET/,
  );
});
