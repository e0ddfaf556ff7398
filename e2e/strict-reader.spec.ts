/** Readers who allow no JavaScript, or no storage: in a Chromium that really forbids it. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { PAGES } from './pages.ts';
import { StrictBrowser } from './profile.ts';

/** How bright a colour is, from 0 to 255. */
function brightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** The brightness of the paper, the text, a lab, and code with its text. */
async function tonesOf(page: Page): Promise<Record<string, number>> {
  const colours = await page.evaluate(() => {
    const style = (selector: string): CSSStyleDeclaration => {
      const element = document.querySelector(selector);
      if (!element) throw new Error(`there is no ${selector}`);
      return getComputedStyle(element);
    };
    return {
      paper: style('body').backgroundColor,
      text: style('.sl-markdown-content p').color,
      lab: style('.lab').backgroundColor,
      code: style('.expressive-code pre').backgroundColor,
      word: style('.expressive-code .ec-line span[style]').color,
    };
  });
  return Object.fromEntries(
    Object.entries(colours).map(([name, colour]) => [name, brightness(colour)]),
  );
}

const BRIGHT = 200;
const DIM = 60;

test.describe('without JavaScript', () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`a page is ${colorScheme} where the system is`, async ({ server }) => {
      await using strict = await StrictBrowser.start('javascript', {
        baseURL: server.url,
        colorScheme,
      });
      const page = await strict.context.newPage();
      await page.goto('/listeners/');
      const { paper = NaN, text = NaN, lab = NaN, code = NaN, word = NaN } = await tonesOf(page);
      const [background, ink] =
        colorScheme === 'light'
          ? [
              [BRIGHT, 256],
              [0, 130],
            ]
          : [
              [0, DIM],
              [130, 256],
            ];
      for (const [name, tone, [least = NaN, most = NaN]] of [
        ['paper', paper, background],
        ['lab', lab, background],
        ['code', code, background],
        ['text', text, ink],
        ['a word of code', word, ink],
      ] as const) {
        expect(tone, name).toBeGreaterThanOrEqual(least);
        expect(tone, name).toBeLessThanOrEqual(most);
      }
    });
  }

  test('nothing is shown that a click would do nothing on, and a lab says why', async ({
    server,
  }) => {
    await using strict = await StrictBrowser.start('javascript', { baseURL: server.url });
    const page = await strict.context.newPage();
    await page.goto('/listeners/');
    await expect(page.getByRole('combobox')).toHaveCount(0);
    await expect(page.getByRole('button').filter({ visible: true })).toHaveCount(0);
    const lab = page.locator('[data-lab="echo-listener"]');
    const why = lab.locator('noscript p');
    await expect(why).toBeVisible();
    expect(await why.textContent()).toContain('Running the program needs JavaScript.');
    await expect(lab.getByText(/Click Run/)).toBeHidden();
    await page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link', { name: /^5 Events/ })
      .click();
    await expect(page).toHaveURL(/\/events\/$/);
  });

  test('a phone’s menu opens', async ({ server }) => {
    const viewport = { width: 360, height: 740 };
    await using strict = await StrictBrowser.start('javascript', { baseURL: server.url, viewport });
    const page = await strict.context.newPage();
    await page.goto('/select/');
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: /^5 Events/ }).click();
    await expect(page).toHaveURL(/\/events\/$/);
  });
});

test.describe('without storage', () => {
  test('nothing on any page throws', async ({ server }) => {
    await using strict = await StrictBrowser.start('cookies', { baseURL: server.url });
    const page = await strict.context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    for (const path of PAGES) await page.goto(path, { waitUntil: 'networkidle' });
    expect(errors).toEqual([]);
  });

  test('the theme can be chosen, a lab runs, and the place is kept for as long as the page', async ({
    server,
  }) => {
    await using strict = await StrictBrowser.start('cookies', {
      baseURL: server.url,
      colorScheme: 'light',
    });
    const page = await strict.context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const lab = await LabPage.open(page, 'listeners', 'echo-listener');
    const html = page.locator('html');
    const picker = page.getByRole('combobox', { name: 'Select theme' });
    await expect(html).toHaveAttribute('data-theme', 'light');
    await picker.selectOption('dark');
    await expect(html).toHaveAttribute('data-theme', 'dark');
    await picker.selectOption('auto');
    await expect(html).toHaveAttribute('data-theme', 'light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect(html).toHaveAttribute('data-theme', 'dark');
    await lab.run('alice', 'bob');
    await lab.type('alice', 'still here\n');
    await lab.expectText('alice', /still here\nstill here/);
    await page.locator('[data-chapter-end]').scrollIntoViewIfNeeded();
    const link = page.locator('nav.sidebar [data-chapter="listeners"]');
    await expect(link).toHaveAccessibleName(/read$/);
    expect(errors).toEqual([]);
  });
});
