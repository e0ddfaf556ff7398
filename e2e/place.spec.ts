/** The reader's place: kept in the browser, shown where chapters are listed. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

function inSidebar(page: Page, chapter: string): Locator {
  return page.getByRole('navigation', { name: 'Main' }).locator(`[data-chapter="${chapter}"]`);
}

/** Tells the page that a scenario has passed, as a lab does. */
function pass(page: Page, lab: unknown): Promise<void> {
  return page.evaluate((id) => {
    document.dispatchEvent(new CustomEvent('readable:passed', { detail: { lab: id } }));
  }, lab);
}

test('a chapter is read when its end was seen, and that is remembered', async ({ page }) => {
  await page.goto('/nonblocking/');
  const link = inSidebar(page, 'nonblocking');
  await expect(link).not.toHaveAccessibleName(/read/);
  await page.locator('[data-chapter-end]').scrollIntoViewIfNeeded();
  await expect(link).toHaveAccessibleName(/, read$/);
  await page.goto('/select/');
  await expect(inSidebar(page, 'nonblocking')).toHaveAccessibleName(/, read$/);
  await expect(inSidebar(page, 'select')).not.toHaveAccessibleName(/, read$/);
  await page.goto('/');
  await expect(page.locator('.journey [data-chapter="nonblocking"]')).toHaveAttribute('data-read');
  // Whoever began in the middle still starts with the first one.
  await expect(page.getByRole('link', { name: 'Start with chapter 1' })).toBeVisible();
  await page.getByRole('button', { name: /Forget/ }).click();
  await expect(page.locator('.journey [data-chapter="nonblocking"]')).not.toHaveAttribute(
    'data-read',
  );
  await expect(page.getByRole('button', { name: /Forget/ })).toBeHidden();
});

test('a reader who has begun is led on', async ({ page }) => {
  await page.addInitScript(() => {
    localStorage.setItem('readable:place', '{"version":1,"read":["blocking","processes"]}');
  });
  await page.goto('/');
  await page.getByRole('link', { name: 'Continue with chapter 3' }).click();
  await expect(page).toHaveURL(/\/nonblocking\/$/);
});

test('a scenario that passed is counted once, in every tab', async ({ page, context }) => {
  await page.goto('/select/');
  const other = await context.newPage();
  await other.goto('/events/');
  await pass(page, 'two-sockets-select');
  await pass(page, 'two-sockets-select');
  const words = /, 1 of 3 labs passed$/;
  await expect(inSidebar(page, 'select')).toHaveAccessibleName(words);
  await expect(inSidebar(other, 'select')).toHaveAccessibleName(words);
  await pass(page, 7);
  await pass(page, '<b>no lab</b>');
  await expect(inSidebar(page, 'select')).toHaveAccessibleName(words);
});

test('a lab tells that its scenario has passed', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.button('Play scenario').click();
  await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
  await expect(inSidebar(page, 'listeners')).toHaveAccessibleName(/, 1 of \d+ labs passed/);
});

test('without storage the place lasts as long as the page', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.addInitScript(() => {
    // As a browser's own, it can be defined anew.
    Object.defineProperty(window, 'localStorage', {
      configurable: true,
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  await page.goto('/select/');
  await pass(page, 'rot13-select');
  await expect(inSidebar(page, 'select')).toHaveAccessibleName(/1 of 3 labs passed$/);
  await pass(page, 'two-sockets-select');
  await expect(inSidebar(page, 'select')).toHaveAccessibleName(/2 of 3 labs passed$/);
  expect(errors).toEqual([]);
});

test('answers and solved exercises are kept, and forgotten with the rest', async ({ page }) => {
  await page.goto('/select/');
  const tell = (event: string, detail: unknown): Promise<void> =>
    page.evaluate(
      ([name, told]) => {
        document.dispatchEvent(new CustomEvent(String(name), { detail: told }));
      },
      [event, detail],
    );
  const answer = { lab: 'rot13-select', asks: 'Who waits?', said: ['Bob'] };
  await tell('readable:answered', answer);
  await tell('readable:answered', { ...answer, said: 7 });
  await tell('readable:solved', { lab: 'reap' });
  const stored = (): Promise<unknown> =>
    page.evaluate((): unknown => JSON.parse(localStorage.getItem('readable:place') ?? 'null'));
  expect(await stored()).toMatchObject({ answers: [answer], solved: ['reap'] });
  await page.goto('/');
  await page.getByRole('button', { name: /Forget/ }).click();
  expect(await stored()).toMatchObject({ answers: [], solved: [] });
});

test('what somebody else stored does no harm', async ({ page }) => {
  await page.addInitScript(() => {
    localStorage.setItem('readable:place', '{"version":1,"read":[{}],"passed":"x"}');
  });
  await page.goto('/select/');
  await expect(inSidebar(page, 'select')).toHaveAccessibleName(/select$/);
});
