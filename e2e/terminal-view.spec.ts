import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** Plays a scenario without its pauses, in one of the lab’s ways if it is said which. */
async function play(page: Page, chapter: string, id: string, way?: string): Promise<LabPage> {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`/${chapter}/?pace=0`);
  const lab = new LabPage(page, id);
  await expect(lab.section).toHaveAttribute('data-ready');
  if (way !== undefined) await lab.choose(way);
  await lab.button('Play scenario').click();
  await lab.scenarioResult();
  return lab;
}

/** How many pixels a terminal is from the end of what it shows. */
const distanceFromEnd = (lab: LabPage, name: string): Promise<number> =>
  lab
    .terminal(name)
    .locator('.lab-xterm-scroller')
    .evaluate(({ scrollTop, clientHeight, scrollHeight }) =>
      Math.round(scrollHeight - clientHeight - scrollTop),
    );

test('a terminal follows its output', async ({ page }) => {
  const lab = await play(page, 'blocking', 'http-client');
  for (const client of ['alice', 'bob']) {
    await lab.terminal('http-client').scrollIntoViewIfNeeded();
    await expect.poll(() => distanceFromEnd(lab, 'http-client')).toBe(0);
    await lab.button('Connect a client').click();
    await lab.expectText(client, 'Connected');
    await lab.terminal('server').scrollIntoViewIfNeeded();
    await expect.poll(() => distanceFromEnd(lab, 'server')).toBe(0);
  }
});

test('the text of a terminal that becomes narrower has no blanks at its end', async ({ page }) => {
  const lab = await play(page, 'select', 'two-sockets-select', 'plain');
  const before = await lab.text('server');
  await lab.button('Connect a client').click();
  await lab.expectText('alice', 'Connection refused');
  await expect.poll(() => lab.text('server')).toBe(before);
});
