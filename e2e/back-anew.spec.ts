import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

// As browsers do where they keep no page, and where it was long ago: Back loads it again.
test('after Back to a page that is loaded again, it says why its run is over, once', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  await page.evaluate(() => (document.body.dataset['kept'] = 'yes'));
  await page.goto('/select/');
  await page.goBack();
  await expect(lab.section).toHaveAttribute('data-ready');
  await expect(page.locator('body[data-kept]')).toHaveCount(0);
  await expect(lab.status).toHaveText('You left the page, so this run was ended.');
  await lab.expectState('stopped');
  await lab.run('alice', 'bob');
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  await page.goto('/select/');
  await page.goBack();
  await expect(lab.section).toHaveAttribute('data-ready');
  await expect(lab.status).toHaveText('Not running.');
});
