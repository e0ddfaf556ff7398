/** The glossary, and the words that link to it: with a mouse, a finger, the keyboard, and without JavaScript. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

/** A word that the title page links, and what is said of it. */
const WORD = 'socket';
const MEANS = /^One end of a connection, or the place where a server’s connections arrive\./;

function word(page: Page): Locator {
  return page.locator('main a.term', { hasText: new RegExp(`^${WORD}$`) });
}

function note(page: Page): Locator {
  return page.getByRole('dialog', { name: WORD });
}

async function expectEntry(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/glossary\/#socket$/);
  const entry = page.locator('.glossary > :target');
  await expect(entry.locator('dt')).toHaveText(WORD);
  await expect(entry.locator('dd')).toHaveText(MEANS);
  await expect(entry).toBeInViewport({ ratio: 1 });
}

test('a click on a word shows what it means, and leads on to the glossary', async ({ page }) => {
  await page.goto('/');
  await word(page).scrollIntoViewIfNeeded();
  const scrolled = await page.evaluate(() => scrollY);
  await word(page).click();
  await expect(note(page)).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => scrollY)).toBe(scrolled);
  await expect(note(page).getByRole('heading')).toHaveText(WORD);
  await expect(note(page).locator('p')).toHaveText(MEANS);
  await expect(page).toHaveURL(/\/$/);
  await page.getByRole('heading', { name: 'Who it is for' }).click();
  await expect(note(page)).toHaveCount(0);
  await word(page).click();
  await note(page).getByRole('link', { name: 'In the glossary' }).click();
  await expectEntry(page);
});

test('so does the keyboard, which gets back to the word', async ({ page }) => {
  await page.goto('/');
  await word(page).focus();
  await page.keyboard.press('Enter');
  await expect(note(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(note(page)).toHaveCount(0);
  await expect(word(page)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(note(page)).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(note(page).getByRole('link')).toBeFocused();
  await page.keyboard.press('Enter');
  await expectEntry(page);
});

test('a reader who wants the glossary in a tab of its own gets it there', async ({
  page,
  context,
}) => {
  await page.goto('/');
  const opened = context.waitForEvent('page');
  await word(page).click({ modifiers: ['ControlOrMeta'] });
  await expectEntry(await opened);
  await expect(note(page)).toHaveCount(0);
});

test.describe('with fingers', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('a chapter of an entry can be tapped', async ({ page }) => {
    await page.goto('/glossary/');
    const sizes = await page.locator('.glossary-chapters a').evaluateAll((links) =>
      links.map((link) => {
        const { width, height } = link.getBoundingClientRect();
        return Math.min(width, height);
      }),
    );
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(44);
  });

  test('a tap shows it, within the window', async ({ page }) => {
    await page.goto('/');
    for (const each of await page.locator('main a.term').all()) {
      await each.tap();
      const shown = page.locator('.term-note');
      await expect(shown).toBeInViewport({ ratio: 1 });
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(sideways).toBe(0);
      await page.keyboard.press('Escape');
      await expect(shown).toHaveCount(0);
    }
  });
});

test('an entry leads to every chapter that uses it, with a number or without', async ({ page }) => {
  await page.goto('/glossary/');
  const chapters = (id: string): Promise<string[]> =>
    page.locator(`.glossary [id="${id}"] .glossary-chapters a`).allTextContents();
  expect(await chapters('select')).toContain('4');
  expect(await chapters('poll')).toContain('5');
  expect(await chapters('time-wait')).toContain('Flags of a listener');
  await page.locator('.glossary [id="time-wait"]').getByText('Flags of a listener').click();
  await expect(page).toHaveURL(/\/listener-flags\/$/);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a word is a link to its entry', async ({ page }) => {
    await page.goto('/');
    await word(page).click();
    await expectEntry(page);
  });
});

test('the sidebar leads to the glossary, whose entries are in order', async ({ page }) => {
  await page.goto('/select/');
  const sidebar = page.getByRole('navigation', { name: 'Main' });
  await sidebar.getByRole('link', { name: 'Glossary' }).click();
  await expect(page).toHaveURL(/\/glossary\/$/);
  const names = await page.locator('.glossary dt').allTextContents();
  expect(names.length).toBeGreaterThan(40);
  expect(names).toEqual(names.toSorted((one, other) => one.localeCompare(other, 'en')));
});

test('an entry that is linked is told from the others', async ({ page }) => {
  await page.goto('/glossary/#zombie');
  const shade = (id: string): Promise<string> =>
    page.locator(`[id="${id}"]`).evaluate((entry) => getComputedStyle(entry).backgroundColor);
  expect(await shade('zombie')).not.toBe(await shade('socket'));
  await page.locator('.glossary #zombie').getByRole('link', { name: 'parent' }).click();
  await expect(page).toHaveURL(/#child-process$/);
  expect(await shade('child-process')).not.toBe(await shade('zombie'));
});
