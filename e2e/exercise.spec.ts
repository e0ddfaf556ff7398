/** Exercises as readers do them: what is wrong fails, what is right passes, and help is there in between. */
import AxeBuilder from '@axe-core/playwright';
import { basename, dirname } from 'node:path';
import type { Locator } from '@playwright/test';
import { LABS } from '../testing/labs.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** A check is a dozen runs, some with pauses in which nothing may happen, and others may be on the machine. */
const CHECKED = { timeout: 120_000 };
const EXERCISES = [...LABS].flatMap(([id, { definition, folder }]) =>
  definition.exercise
    ? [{ id, chapter: basename(dirname(folder)), exercise: definition.exercise }]
    : [],
);
/** The one whose check is the quickest. */
const ONE = { id: 'close-in-the-parent', chapter: 'processes' };

function verdictOf(lab: LabPage): Locator {
  return lab.section.getByRole('region', { name: /^What the check found/ });
}

async function write(lab: LabPage, text: string): Promise<void> {
  await lab.button('Edit').click();
  await lab.section
    .locator('[data-editor="server.ts"]')
    .evaluate((editor, all) => Object.assign(editor, { text: all }), text);
}

test('there are ten and more, and every chapter of the book has one', () => {
  expect(EXERCISES.length).toBeGreaterThanOrEqual(10);
  expect(new Set(EXERCISES.map(({ chapter }) => chapter)).size).toBe(9);
});

for (const { id, chapter } of EXERCISES) {
  test(`${id}: the untouched program fails, the solution passes`, async ({ page }) => {
    test.slow();
    const lab = await LabPage.open(page, chapter, id);
    await expect(lab.section).toHaveAttribute('data-exercise');
    const solved = lab.section.getByText('Solved', { exact: true });
    await lab.button('Check').click();
    await expect(lab.section).toHaveAttribute('data-scenario', 'failed', CHECKED);
    await expect(verdictOf(lab)).toContainText('The shortest way to see it');
    await expect(verdictOf(lab)).toContainText(/Seed \d+\./);
    await lab.expectState('exited');
    await expect(solved).toBeHidden();

    await lab.button('Use the solution').click();
    await expect(lab.section).toHaveAttribute('data-edited');
    await lab.button('Check').click();
    await expect(lab.section).toHaveAttribute('data-scenario', 'passed', CHECKED);
    await expect(solved).toBeVisible();
    await expect(lab.status).toHaveText('Check passed: the exercise is solved.');
  });
}

test('hints come one after the other, and the solution as the lines that it changes', async ({
  page,
}) => {
  const lab = await LabPage.open(page, ONE.chapter, ONE.id);
  const hints = EXERCISES.find(({ id }) => id === ONE.id)?.exercise.hints ?? [];
  const items = lab.section.locator('[data-hints] li');
  for (const shown of hints.keys()) {
    await expect(items).toHaveCount(shown);
    await lab.button('Hint').focus();
    await page.keyboard.press('Enter');
  }
  await expect(items).toHaveText([...hints]);
  await expect(lab.section.getByText('That was the last hint.')).toBeVisible();

  await lab.button('Show solution').click();
  const changes = lab.section.locator('[data-solution] ins');
  await expect(changes.last()).toContainText('close(fd);');
  await lab.button('Show solution').click();
  await expect(changes.last()).toBeHidden();

  // The book’s program comes back, and so does what it took the place of.
  await lab.button('Use the solution').click();
  await expect(lab.section).toHaveAttribute('data-edited');
  await lab.button('Restore the original').click();
  await expect(lab.section).not.toHaveAttribute('data-edited');
  await lab.button('Bring my version back').click();
  await expect(lab.section).toHaveAttribute('data-edited');
});

test('around the part to be changed the program is folded, and can be changed all the same', async ({
  page,
}) => {
  const lab = await LabPage.open(page, ONE.chapter, ONE.id);
  await lab.button('Edit').click();
  const editor = lab.section.locator('[data-editor="server.ts"]');
  const folds = editor.getByRole('button', { name: /^\d+ more lines$/ });
  await expect(folds).toHaveCount(2);
  await expect(editor.getByRole('textbox')).toContainText('function acceptOne');
  await folds.first().click();
  await expect(editor.getByRole('textbox')).toContainText('// A ROT13 server');
});

test('a check that is stopped has no verdict, and one that failed can be done again', async ({
  page,
}) => {
  const lab = await LabPage.open(page, ONE.chapter, ONE.id);
  await lab.button('Check').click();
  await expect(lab.section).toHaveAttribute('data-scenario', 'failed', CHECKED);
  const seed = /Seed (\d+)\./.exec(await verdictOf(lab).innerText())?.[1] ?? '';
  await lab.expectText('server', `seed ${seed}`);
  const last = await verdictOf(lab).locator('.exercise-failure').elementHandle();
  await verdictOf(lab).getByRole('button', { name: 'Repeat' }).click();
  await expect.poll(() => last.evaluate((each) => each.isConnected)).toBe(false);
  await expect(lab.section).toHaveAttribute('data-scenario', 'failed', CHECKED);
  await expect(verdictOf(lab)).toContainText(`Seed ${seed}.`);

  // One that says nothing, so that there is time to stop it.
  await write(lab, 'setInterval(() => {}, 1000);\n');
  await lab.button('Check').click();
  await expect(lab.status).toHaveText('Checking your program. Stop ends the check.');
  await lab.expectState('running');
  await expect(lab.button('Connect a client')).toBeDisabled();
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  await expect(verdictOf(lab)).toContainText('The check did not finish. You stopped it');
  await expect(lab.section).not.toHaveAttribute('data-scenario');
});

test('what is no program is not checked: its mistake is marked', async ({ page }) => {
  const lab = await LabPage.open(page, ONE.chapter, ONE.id);
  await write(lab, 'const = 1;\n');
  await lab.button('Check').click();
  await lab.expectState('failed');
  await expect(lab.status).toContainText('server.ts, line 1, column');
  await expect(lab.section.locator('.cm-lint-marker-error')).toHaveCount(1);
  await expect(lab.section).not.toHaveAttribute('data-scenario');
});

test('a check that would end a run asks first', async ({ page }) => {
  const lab = await LabPage.open(page, ONE.chapter, ONE.id);
  await lab.run('alice');
  await lab.button('Check').click();
  await lab.button('Keep this run').click();
  await lab.expectState('running');
  await lab.button('Check').click();
  await lab.button('End it and check').click();
  await expect(lab.section).toHaveAttribute('data-scenario', 'failed', CHECKED);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, viewport: { width: 360, height: 740 } });

    test('a failed check fits on a phone, and axe finds nothing', async ({ page }) => {
      const lab = await LabPage.open(page, ONE.chapter, ONE.id);
      const panel = lab.section.locator('[data-exercise-panel]');
      const before = (await panel.boundingBox())?.height;
      await lab.button('Check').click();
      await expect(lab.section).toHaveAttribute('data-scenario', 'failed', CHECKED);
      // What comes of a check moves nothing below it.
      expect((await panel.boundingBox())?.height).toBe(before);
      await lab.button('Hint').click();
      await lab.button('Show solution').click();
      await expect(lab.section.locator('[data-solution] ins').first()).toBeVisible();
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      const { violations } = await new AxeBuilder({ page }).exclude('site-search').analyze();
      expect(violations).toEqual([]);
    });
  });
}
