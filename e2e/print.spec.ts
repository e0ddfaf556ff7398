/** What comes out of the printer: the lesson whole, black on white, and nothing to click. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** Prints the page, and shows it as it was printed. */
async function print(page: Page): Promise<void> {
  await page.emulateMedia({ media: 'print' });
  // Only a real print tells the page that it is printed.
  await page.pdf();
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('a lab that did not run is its program, its question and its steps', async ({ page }) => {
      const lab = await LabPage.open(page, 'select', 'rot13-select');
      await print(page);
      await expect(lab.section.getByText('function takeDescriptorsBelow')).toBeVisible();
      await expect(lab.section.getByText('Predict.')).toBeVisible();
      await expect(lab.section.getByText(/^Carol connects meanwhile/)).toBeVisible();
      for (const hidden of [
        ...['.lab-bar', '.lab-status', '.lab-tabs', '.lab-pane-head', '.lab-tools', '.lab-line'],
        ...['.lab-hint', 'readable-terminal', '.lab-clients .lab-pane'],
      ]) {
        await expect(lab.section.locator(hidden).filter({ visible: true })).toHaveCount(0);
      }
      // What changed is unfolded, too.
      await expect(page.locator('.changes pre')).toBeVisible();
    });

    test('it is black on white', async ({ page }) => {
      await page.goto('/select/');
      await page.emulateMedia({ media: 'print' });
      const [black, white] = ['rgb(0, 0, 0)', 'rgb(255, 255, 255)'];
      await expect(page.locator('body')).toHaveCSS('background-color', white);
      await expect(page.locator('.sl-markdown-content > p').first()).toHaveCSS('color', black);
      await expect(page.locator('.lab h3').first()).toHaveCSS('color', black);
      await expect(page.locator('.lab').first()).toHaveCSS('background-color', white);
      const code = page.locator('.expressive-code pre').first();
      await expect(code).toHaveCSS('background-color', white);
      await expect(code.locator('.code span').first()).toHaveCSS('color', black);
    });
  });
}

test('a lab that ran is also what its terminals have shown, all of it', async ({ page }) => {
  // The page must not hear that printing is over before it has been looked at. Listeners of a window
  // are called in their order: this one has to be there before the page's own.
  await page.addInitScript(() => {
    addEventListener('afterprint', (event) => event.stopImmediatePropagation());
  });
  const lab = await LabPage.open(page, 'events', 'rot13-event');
  await lab.run('bob');
  const lines = Array.from({ length: 60 }, (_, index) => `printed ${index}`);
  await lab.paste('bob', `${lines.join('\n')}\n`);
  await lab.expectText('bob', /printed 59[^]*cevagrq 59/);
  const shown = await lab.text('bob');
  await print(page);
  const printed = lab.section.locator('[data-pane="bob"] .lab-printed');
  await expect(printed).toBeVisible();
  await expect(printed).toHaveText(/printed 0\s[^]*cevagrq 59/);
  await expect(lab.terminal('bob')).toBeHidden();
  for (const name of ['Run', 'Stop', 'Connect a client']) {
    await expect(lab.button(name)).toBeHidden();
  }
  expect(await lab.text('bob')).toBe(shown);
});

test('a scenario that was played is its steps, all of them and once, and its result', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'events', 'rot13-event');
  // It waits at its first step, until it is stopped.
  await lab.button('Next step').click();
  const items = lab.section.locator('[data-scenario-steps] li');
  await expect(items).not.toHaveCount(0);
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  const list = lab.section.locator('[data-scenario-steps]');
  // More than the list has room for on the screen.
  await list.evaluate((each) => {
    for (let step = 0; step < 40; step++) each.append(each.children[0]?.cloneNode(true) ?? '');
  });
  await expect(items.last()).toBeHidden();
  await print(page);
  await expect(lab.section.locator('[data-scenario-result]')).toBeVisible();
  await expect(items.last()).toBeVisible();
  expect(await list.evaluate((each) => each.scrollHeight - each.clientHeight)).toBeLessThan(2);
  await expect(lab.section.locator('.scenario-script')).toBeHidden();
  await expect(lab.section.locator('.scenario-stage')).toBeHidden();
});

test('after printing the page is as it was', async ({ page }) => {
  const lab = await LabPage.open(page, 'events', 'rot13-event');
  await lab.run('bob');
  await page.pdf();
  await expect(lab.section.locator('.lab-printed')).toHaveCount(0);
  await expect(lab.terminal('bob')).toBeVisible();
  await expect(lab.section.locator('.program-code pre')).toBeHidden();
});
