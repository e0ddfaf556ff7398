/** The API reference, which is made from the library's comments. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './fixtures.ts';

/** Starlight’s own search button has a keyboard hint in its text that its name lacks. */
const NOT_OURS = 'site-search';

test('a method is found by its name in C', async ({ page }) => {
  await page.goto('/api/c-names/');
  const name = page.locator('code', { hasText: /^evconnlistener_set_error_cb\(\)$/ });
  const row = page.getByRole('row').filter({ has: name });
  await row.getByRole('link').filter({ hasText: 'setErrorCb()' }).click();
  await expect(page).toHaveURL(/\/api\/evconnlistener\/#seterrorcb$/);
  await expect(page.getByRole('heading', { name: 'setErrorCb()', exact: true })).toBeInViewport();
});

test('a method is found by the search', async ({ page }) => {
  await page.goto('/');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').getByRole('textbox').fill('setPauseOnShortage');
  const results = page.getByRole('dialog').getByRole('link', { name: /Evconnlistener/ });
  await expect(results.first()).toBeVisible();
});

test('a constant can be linked to', async ({ page }) => {
  await page.goto('/api/evconnlistener/#lev_opt_reuseable');
  await expect(page.locator('td code', { hasText: /^LEV_OPT_REUSEABLE$/ })).toBeInViewport();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });
    for (const path of ['/api/', '/api/c-names/', '/api/bufferevent/', '/api/sys/errno/']) {
      test(`${path} has no violation that axe finds, and fits on a phone`, async ({ page }) => {
        await page.setViewportSize({ width: 360, height: 740 });
        await page.goto(path);
        const { violations } = await new AxeBuilder({ page }).exclude(NOT_OURS).analyze();
        expect(violations).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow).toBe(0);
      });
    }
  });
}
