/** Ways that change lines of a program: what a reader sees of the change, and that it is what runs. */
import type { Locator } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

function patchOf(lab: LabPage, way: string): Locator {
  return lab.section.locator(`[data-patch="${way}"]`);
}

for (const width of [1440, 360]) {
  test(`a way that is chosen shows the lines it changes, ${width} px wide`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const lab = await LabPage.open(page, 'processes', 'rot13-fork');
    const changed = lab.section.locator('[data-patch]').filter({ visible: true });
    await expect(changed).toHaveCount(0);

    await lab.choose('connection-open');
    await expect(changed).toHaveCount(1);
    const patch = patchOf(lab, 'connection-open');
    await expect(patch).toHaveAccessibleName('What changes without close(fd) in the parent');
    await expect(patch).toContainText('what changes in server.ts, 3 lines removed, 0 added');
    // By a sign and a word, and not by colour alone.
    const gone = patch.locator('.ec-line.del');
    await expect(gone).toHaveCount(3);
    await expect(gone.last()).toHaveText('gone: close(fd);');
    const sign = gone.last().locator('.code');
    expect(await sign.evaluate((code) => getComputedStyle(code, '::before').content)).toBe('"-"');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);

    await lab.choose('zombies');
    await expect(patch).toBeHidden();
    await expect(patchOf(lab, 'zombies')).toBeVisible();
    await lab.choose('plain');
    await expect(changed).toHaveCount(0);
  });
}

test('the changed program is the one that runs', async ({ page }) => {
  const lab = await LabPage.open(page, 'processes', 'rot13-fork');
  await lab.choose('zombies');
  await lab.run('alice', 'bob');
  await lab.press('bob', 'Control+d');
  const zombies = lab.section.locator('[data-gauges="server"] [data-gauge="zombies"] dd');
  await expect(zombies).toHaveText('1');
  const tree = lab.section.getByRole('list', { name: 'Process tree of server' });
  await expect(tree.getByText(/^process \d+, a zombie$/)).toHaveCount(1);
  await lab.button('Stop').click();
  await lab.expectState('stopped');
});

test('on paper all changes are there', async ({ page }) => {
  const lab = await LabPage.open(page, 'processes', 'rot13-fork');
  await page.emulateMedia({ media: 'print' });
  for (const way of ['connection-open', 'zombies', 'listener-open']) {
    await expect(patchOf(lab, way).locator('pre')).toBeVisible();
  }
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('all changes are there, too', async ({ page }) => {
    await page.goto('/processes/');
    const lab = page.locator('[data-lab="rot13-fork"]');
    const patches = lab.locator('[data-patch]');
    // They are where the program is.
    await lab.getByText('The program, server.ts').click();
    await expect(patches.filter({ visible: true })).toHaveCount(3);
    await expect(patches.first().locator('.ec-line.del').first()).toBeVisible();
  });
});
