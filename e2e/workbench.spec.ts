/** The workbench: a lab at full size, over its page. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** A lab further down on its page, with ways. */
const LAB = 'rot13-select';

async function open(page: Page, id = LAB, chapter = 'select'): Promise<LabPage> {
  const lab = await LabPage.open(page, chapter, id);
  await lab.button('Workbench').click();
  await expect(lab.section).toHaveAttribute('data-workbench');
  return lab;
}

async function expectClosed(lab: LabPage): Promise<void> {
  await expect(lab.section).not.toHaveAttribute('data-workbench');
  await expect(lab.section).not.toHaveAttribute('popover');
}

/** Whether all of a part is in the window, and nothing lies over its middle but what is in it. */
async function isSeen(part: Locator): Promise<boolean> {
  return part.evaluate((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const isInside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return isInside && bottom > top && (element.contains(hit) || hit?.contains(element) === true);
  });
}

test.describe('at 1440 × 900', () => {
  test.use({ viewport: { width: 1440, height: 900 } });

  for (const [id, chapter] of [
    [LAB, 'select'],
    ['rot13-fork', 'processes'],
    ['two-sockets-blocking', 'blocking'],
    ['listener-reuseable-port', 'listener-flags'],
    ['listener-backlog', 'listeners'],
  ] as const) {
    test(`${id}: controls, step, code and all terminals are seen at once`, async ({ page }) => {
      const lab = await open(page, id, chapter);
      await lab.button('Play scenario').click();
      await expect(lab.section, await lab.scenarioResult()).toHaveAttribute(
        'data-scenario',
        'passed',
      );
      for (const part of [
        '.lab-bar',
        '.scenario-step',
        '.lab-program[data-program]',
        '[data-terminal]',
      ]) {
        for (const each of await lab.section.locator(part).filter({ visible: true }).all()) {
          expect(await isSeen(each), part).toBe(true);
        }
      }
      expect(
        await lab.section.evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight),
      ).toBe(0);
    });
  }

  test('the line between code and terminals is moved by keys and pointer, and stays', async ({
    page,
  }) => {
    const lab = await open(page);
    const sash = lab.section.getByRole('separator', { name: 'Width of the code' });
    const code = lab.section.locator('[data-program="server.ts"]');
    const width = async (): Promise<number> => (await code.boundingBox())?.width ?? NaN;
    const before = await width();
    await sash.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(width).toBeGreaterThan(before);
    await page.keyboard.press('Home');
    await expect(sash).toHaveAttribute('aria-valuenow', '25');
    const narrow = await width();
    expect(narrow).toBeLessThan(before);
    const box = await sash.boundingBox();
    if (!box) throw new Error('there is no sash');
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    await expect.poll(width).toBeGreaterThan(narrow + 250);
    const share = (await sash.getAttribute('aria-valuenow')) ?? '';
    await page.reload();
    await expect(sash).toHaveAttribute('aria-valuenow', share);
    await sash.dblclick();
    await expect.poll(width).toBeCloseTo(before, -1);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`in ${colorScheme}, it has no violation that axe finds`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      const lab = await open(page);
      await lab.run('alice', 'bob');
      await lab.type('alice', 'hello\n');
      await lab.expectText('alice', /hello\nuryyb/);
      const { violations } = await new AxeBuilder({ page })
        .include(`[data-lab="${LAB}"]`)
        .analyze();
      expect(violations).toEqual([]);
    });
  }
});

test('a run goes on in it, and on the page again, and the page is where it was', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'select', LAB);
  await lab.run('alice', 'bob');
  await lab.type('alice', 'before\n');
  await lab.expectText('alice', /before\norsber/);
  const scrolled = (): Promise<number> => page.evaluate(() => Math.round(scrollY));
  await lab.button('Workbench').focus();
  const place = await scrolled();
  await page.keyboard.press('Enter');
  await expect(lab.section).toHaveAttribute('data-workbench');
  await expect(page.getByRole('dialog', { name: 'A ROT13 server on select' })).toBeVisible();
  await lab.expectText('alice', /before\norsber/);
  await lab.type('bob', 'within\n');
  await lab.expectText('bob', /within\njvguva/);
  await page.keyboard.press('Escape');
  await expectClosed(lab);
  expect(await scrolled()).toBe(place);
  await lab.expectState('running');
  await lab.type('alice', 'after\n');
  await lab.expectText('alice', /after\nnsgre/);
});

test('Back closes it, Forward opens it, and its button leads back', async ({ page }) => {
  const lab = await open(page);
  expect(new URL(page.url()).searchParams.has('workbench')).toBe(true);
  expect(new URL(page.url()).searchParams.get('pace')).toBe('0');
  await page.goBack();
  await expectClosed(lab);
  await page.goForward();
  await expect(lab.section).toHaveAttribute('data-workbench');
  await lab.button('Back to the page').click();
  await expectClosed(lab);
  await expect(lab.button('Workbench')).toBeFocused();
  expect(new URL(page.url()).searchParams.has('workbench')).toBe(false);
});

test('a link opens a lab in it, in its way, and is what is copied there', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`/events/?workbench&way=poll#lab-rot13-event`);
  const lab = new LabPage(page, 'rot13-event');
  await expect(lab.section).toHaveAttribute('data-workbench');
  await expect(lab.section.getByLabel('Way to run')).toHaveValue('poll');
  await lab.button('Copy link to this lab').click();
  await expect(lab.section.getByText('Link copied')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).search).toBe('?workbench&way=poll');
  expect(new URL(link).hash).toBe('#lab-rot13-event');
  // Who came by a link has nothing to go back to: they stay at the lab.
  await page.keyboard.press('Escape');
  await expectClosed(lab);
  await expect(lab.section.locator('.lab-head')).toBeInViewport();
  expect(new URL(page.url()).hash).toBe('#lab-rot13-event');
});

test('Escape ends what else it ends before it closes the workbench', async ({ page }) => {
  const lab = await open(page);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeHidden();
  await expect(lab.section).toHaveAttribute('data-workbench');
  await lab.showProgram();
  await lab.button('Edit').click();
  await lab.section.locator('.cm-content').focus();
  await page.keyboard.press('Escape');
  await expect(lab.section).toHaveAttribute('data-workbench');
});

test('Escape lets go of a call before it closes the workbench', async ({ page }) => {
  const lab = await open(page);
  await lab.run('alice');
  const told = lab.section.locator('[data-timeline-told]');
  const idle = /^Point at a call/;
  for (const within of ['Calls over time', 'Zoom in']) {
    await lab.section.getByRole('application', { name: 'Calls over time' }).focus();
    await page.keyboard.press('ArrowLeft');
    await expect(told).toHaveText(/^server: /);
    await lab.section.getByLabel(within, { exact: true }).focus();
    await page.keyboard.press('Escape');
    await expect(told).toHaveText(idle);
    await expect(lab.section).toHaveAttribute('data-workbench');
  }
  await page.keyboard.press('Escape');
  await expectClosed(lab);
});

test('while it is open, nothing of the page below has the focus', async ({ page }) => {
  const lab = await open(page);
  for (let count = 0; count < 60; count++) {
    await page.keyboard.press('Tab');
    const isOutside = await lab.section.evaluate(
      (section) => document.activeElement !== document.body && !section.matches(':focus-within'),
    );
    expect(isOutside).toBe(false);
  }
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('it is as wide as the phone, and terminals are tabs', async ({ page }) => {
    const lab = await open(page);
    expect(
      await lab.section.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth),
    ).toBe(0);
    await lab.button('Run').tap();
    await lab.expectState('running');
    await lab.bringForward('bob');
    await expect(lab.terminal('bob')).toBeInViewport();
    await lab.button('Back to the page').tap();
    await expectClosed(lab);
  });
});
