import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

// Playwright turns off what readers have: the browser keeps a page that they may come back to.
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({ ...launchOptions, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  },
});

test('after Back, the page says why its run is over, and runs again', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  await page.evaluate(() => (document.body.dataset['kept'] = 'yes'));
  await page.goto('/select/');
  // It is not loaded, so there is no load to wait for.
  await page.goBack({ waitUntil: 'commit' });
  // The same page, not one that was loaded again.
  await expect(page.locator('body[data-kept]')).toBeVisible();
  await expect(lab.status).toHaveText('You left the page, so this run was ended.');
  await lab.run('alice', 'bob');
});
