/** With colours of the reader’s own (forced-colors), everything that colours tell can still be told. */
import type { Locator } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

function css(element: Locator, property: string): Promise<string> {
  return element.evaluate((each, name) => getComputedStyle(each).getPropertyValue(name), property);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, contextOptions: { forcedColors: 'active' } });

    test('it is seen whether the output or the code is shown', async ({ page }) => {
      const lab = await LabPage.open(page, 'select', 'rot13-select');
      const output = lab.button('Output of server');
      const code = lab.button('server.ts');
      const expectChosen = async (chosen: Locator, other: Locator): Promise<void> => {
        await expect(chosen).toHaveAttribute('aria-pressed', 'true');
        expect(await css(chosen, 'background-color')).not.toBe(
          await css(other, 'background-color'),
        );
        // Else Chromium paints the page’s background behind its words.
        expect(await css(chosen, 'forced-color-adjust')).toBe('none');
      };
      await expectChosen(output, code);
      await code.click();
      await expectChosen(code, output);
    });

    test('a terminal shows its text once, in the reader’s colours, with its cursor', async ({
      page,
    }) => {
      const lab = await LabPage.open(page, 'events', 'rot13-event');
      await lab.run('alice');
      await lab.type('alice', 'hello\n');
      await lab.expectText('alice', /hello\nuryyb/);
      const terminal = lab.terminal('alice');
      await expect(terminal.locator('.xterm-rows span', { hasText: 'uryyb' })).toHaveCount(1);
      const colours = await terminal.evaluate((element) => {
        const of = (selector: string): CSSStyleDeclaration =>
          getComputedStyle(element.querySelector(selector) ?? document.documentElement);
        const received = [...element.querySelectorAll('.xterm-rows span')].find(
          ({ textContent }) => textContent === 'uryyb',
        );
        return {
          canvas: getComputedStyle(document.body).backgroundColor,
          ink: getComputedStyle(document.body).color,
          // What screen readers read lies over it and, once scrolled, elsewhere.
          unseen: of('.xterm-accessibility').color,
          typed: of('.xterm-rows').color,
          ground: of('.xterm-scrollable-element').backgroundColor,
          cursor: of('.xterm-cursor').backgroundColor,
          received: received && getComputedStyle(received).color,
        };
      });
      const { canvas, ink } = colours;
      expect(colours).toMatchObject({
        unseen: 'rgba(0, 0, 0, 0)',
        typed: ink,
        ground: canvas,
        cursor: ink,
      });
      // What the server sent is told from what Alice typed.
      expect([canvas, ink, undefined]).not.toContain(colours.received);
    });

    test('the contents show where one is', async ({ page }) => {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto('/listeners/');
      const links = page.locator('.right-sidebar starlight-toc a');
      const current = page.locator('.right-sidebar starlight-toc a[aria-current="true"]');
      await expect(current).toHaveCount(1);
      const other = await css(links.last(), 'background-color');
      expect(await css(current, 'background-color')).not.toBe(other);
    });

    test('drawings have the reader’s colours, whatever the theme', async ({ page }) => {
      await page.addInitScript(
        (theme) => localStorage.setItem('starlight-theme', theme),
        colorScheme === 'light' ? 'dark' : 'light',
      );
      await page.goto('/select/');
      const canvas = await css(page.locator('body'), 'background-color');
      const ink = await css(page.locator('body'), 'color');
      const drawing = page.locator('.diagram').first();
      await expect(drawing.locator('.box').first()).toHaveCSS('fill', canvas);
      await expect(drawing.locator('.box:not(.ready)').first()).toHaveCSS('stroke', ink);
    });
  });
}
