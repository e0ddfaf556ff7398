import { basename, dirname, join } from 'node:path';
import { loadLabs } from '../sandbox-server/labs.ts';
import { ROOT } from '../sandbox-server/runtime.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

const labs = await loadLabs(join(ROOT, 'content'));

test('there are labs to play', () => {
  expect(labs.size).toBeGreaterThan(0);
});

for (const [id, { definition, folder }] of labs) {
  const chapter = basename(dirname(folder));

  test(`${id}: its scenario passes`, async ({ page }) => {
    const lab = await LabPage.open(page, chapter, id);
    await lab.button('Play scenario').click();
    await expect(lab.section).toHaveAttribute('data-scenario', 'passed', { timeout: 45_000 });
    for (const { caption } of definition.scenario) {
      await expect(lab.section).toContainText(caption);
    }
  });
}

test('a scenario leaves its run to the reader, and can be played again', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  for (let time = 0; time < 2; time++) {
    await lab.button('Play scenario').click();
    await expect(lab.section).not.toHaveAttribute('data-scenario', 'passed');
    await expect(lab.section).toHaveAttribute('data-scenario', 'passed', { timeout: 45_000 });
  }
  await lab.expectState('running');
  await lab.type('bob', 'my turn\n');
  await lab.expectText('bob', /my turn\nmy turn/);
});

test('a scenario that is disturbed fails and says how', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.button('Play scenario').click();
  await lab.expectText('alice', 'hello from alice');
  await lab.press('server', 'Control+c');
  await expect(lab.section).toHaveAttribute('data-scenario', 'failed');
});
