import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Locator } from '@playwright/test';
import { scenarioOf } from '../lab/player.ts';
import { CONTENT } from '../project.ts';
import { misplacedLabs } from '../testing/lab-places.ts';
import { whyNoUring } from '../testing/io-uring.ts';
import { LABS } from '../testing/labs.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { CHAPTERS } from './pages.ts';

test('every folder in a chapter is a lab, and every lab is on its chapter’s page', async ({
  request,
}) => {
  expect(LABS.size).toBeGreaterThan(0);
  const ids = new Set(LABS.keys());
  const misplaced: string[] = [];
  for (const chapter of CHAPTERS) {
    const html = await (await request.get(`/${chapter}/`)).text();
    const shown = [...html.matchAll(/ data-lab="([^"]+)"/g)].map(([, id = '']) => id);
    const folders = readdirSync(join(CONTENT, chapter), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    misplaced.push(...misplacedLabs({ chapter, folders, shown }, ids));
  }
  expect(misplaced.join('\n')).toBe('');
});

/** Each lab, and each way to run it that there is a choice of. */
const plays = [...LABS].flatMap(([id, { definition, folder }]) => {
  const chapter = basename(dirname(folder));
  const ways = definition.server.ways?.map(({ name }) => name) ?? [undefined];
  return ways.map((way) => {
    const completes = definition.server.ways?.find(({ name }) => name === way)?.completes === true;
    return { id, chapter, way, completes, steps: scenarioOf(definition, way) };
  });
});

test.describe('every lab’s scenario passes, in every way', () => {
  for (const { id, chapter, way, completes, steps } of plays) {
    test(way === undefined ? id : `${id}, ${way}`, async ({ page }) => {
      const why = completes && whyNoUring();
      test.skip(why !== false, String(why));
      const lab = await LabPage.open(page, chapter, id);
      if (way !== undefined) await lab.choose(way);
      await expect(lab.section).not.toHaveAttribute('data-step');
      await lab.button('Play scenario').click();
      expect(await lab.scenarioResult()).toContain(`Passed: all ${steps.length} steps`);
      await lab.expectStep(steps.length);
      const panel = lab.section.locator('[data-scenario-panel]');
      for (const { caption } of steps) await expect(panel).toContainText(caption);
    });
  }
});

test('every lab asks the reader something, in most of its ways too, and in all that are mistakes', () => {
  const asking = plays.filter(({ steps }) => steps.some(({ question }) => question));
  const ids = new Set(asking.map(({ id }) => id));
  expect([...new Set(plays.map(({ id }) => id))].filter((id) => !ids.has(id))).toEqual([]);
  // A reader says what a mistake will break, more than once.
  const mistakes = [...LABS.values()].flatMap(({ definition }) =>
    (definition.server.ways ?? []).filter(({ patch, scenario }) => patch && scenario),
  );
  const told = mistakes.filter(
    ({ scenario = [] }) => scenario.filter(({ question }) => question).length < 2,
  );
  expect(told.map(({ label }) => label)).toEqual([]);
  expect(mistakes.length).toBeGreaterThanOrEqual(11);
  expect(asking.length / plays.length).toBeGreaterThan(0.8);
});

/** The room that the current step has on the page. */
function current(lab: LabPage): Locator {
  return lab.section.locator('[data-scenario-step]');
}

/** Whether a terminal has the keyboard. */
function hasFocus(lab: LabPage, name: string): Promise<boolean> {
  return lab.terminal(name).evaluate((element) => element.contains(document.activeElement));
}

test('a step at a time: it asks, waits, and puts the answer beside what happened', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'blocking', 'two-sockets-blocking');
  await lab.button('Next step').click();
  await lab.expectStep(1);
  await expect(current(lab)).toContainText('What does Bob see?');
  await expect(lab.section.locator('[data-turn]')).toHaveCount(0);
  await current(lab).getByRole('button', { name: 'an error' }).click();
  await expect(lab.status).toContainText('Type a line into Bob’s terminal: hello from bob');
  await expect(lab.terminal('bob')).toHaveAttribute('data-turn');
  await expect.poll(() => hasFocus(lab, 'bob')).toBe(true);
  expect(await lab.text('bob')).not.toContain('hello from bob');
  await lab.button('Next step').click();
  await expect(current(lab)).toContainText('You said: an error. It was: nothing.');
  await lab.button('Next step').click();
  // The second asks, too, and does nothing yet.
  await lab.expectStep(2);
  await lab.expectText('bob', 'hello from bob');
  await expect(current(lab)).toContainText('Who gets an answer?');
  await expect(current(lab)).not.toContainText('Everything moves');
  await expect(lab.section.locator('[data-turn]')).toHaveCount(0);
  await current(lab).getByRole('button', { name: 'only Bob' }).click();
  await expect(lab.status).toContainText('Type a line into Alice’s terminal');
  await expect(current(lab)).toContainText('Everything moves');
  await expect(current(lab)).not.toContainText('You said');
  await lab.button('Next step').click();
  await expect(current(lab)).toContainText('You said: only Bob. It was: both of them.');
  await lab.expectStep(2);
  for (const step of [3, 4]) {
    await lab.button('Next step').click();
    await lab.expectStep(step);
  }
  await current(lab).getByRole('button', { name: 'after Bob has typed' }).click();
  await lab.button('Next step').click();
  await expect(current(lab)).toContainText('You said: after Bob has typed. That’s right.');
  await expect(lab.section).not.toHaveAttribute('data-scenario');
  await lab.button('Next step').click();
  for (const step of [5, 6, 7]) {
    await lab.expectStep(step);
    await expect(lab.status).toContainText('Or click Next step.');
    await lab.button('Next step').click();
  }
  await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
  await expect(lab.button('Next step')).toBeDisabled();
  // The answers are the reader’s: they are there when the page is loaded anew.
  await page.reload();
  await lab.button('Play scenario').click();
  await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
  await lab.section.getByText('All steps').click();
  await expect(lab.section.locator('[data-scenario-steps] li').nth(1)).toContainText(
    'You said: only Bob. It was: both of them.',
  );
});

test('what a reader types themselves counts, and is not typed again', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.button('Next step').click();
  await expect(lab.terminal('alice')).toHaveAttribute('data-turn');
  await page.keyboard.type('something else');
  await page.keyboard.press('Enter');
  await lab.expectText('alice', /something else\nsomething else/);
  await expect(lab.terminal('alice')).toHaveAttribute('data-turn');
  await page.keyboard.type('hello from alice');
  await page.keyboard.press('Enter');
  await expect(lab.section.locator('[data-turn]')).toHaveCount(0);
  await expect(lab.status).not.toContainText('Type a line');
  await lab.expectStep(1);
  expect((await lab.text('alice')).match(/hello from alice/g)).toHaveLength(2);
  await lab.expectState('running');
  await lab.button('Next step').click();
  await lab.expectStep(2);
});

test('all of it by keyboard', async ({ page }) => {
  const lab = await LabPage.open(page, 'nonblocking', 'two-sockets-nonblocking');
  await lab.button('Next step').focus();
  await page.keyboard.press('Enter');
  await lab.expectStep(1);
  await expect(lab.button('Next step')).toBeFocused();
  // It asks first: past what it asks, to the last of three answers.
  for (const key of ['Tab', 'Tab', 'Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
  await expect(current(lab)).toContainText('You said: all of one, if it can get it. That’s right.');
  await expect(lab.button('Next step')).toBeFocused();
  await page.keyboard.press('Enter');
  await lab.expectStep(2);
  await expect(lab.terminal('bob')).toHaveAttribute('data-turn');
  // From within the terminal, where the focus is now.
  for (const step of [3, 4, 5]) {
    await page.keyboard.press('Control+Enter');
    await lab.expectStep(step);
  }
  await page.keyboard.press('Control+Enter');
  await lab.expectStep(6);
  await expect(current(lab)).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => hasFocus(lab, 'alice')).toBe(true);
  await page.keyboard.press('Control+d');
  await expect(current(lab)).toContainText('You said: 0. That’s right.');
});

test('back to an earlier step by a fresh run, paused, and played on', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.button('Next step').click();
  await lab.expectStep(1);
  await lab.button('Next step').click();
  await lab.expectStep(2);
  await lab.button('Next step').click();
  await lab.expectStep(3);
  await lab.button('Back to step 2').click();
  await lab.expectStep(2);
  await expect(lab.button('Next step')).toBeEnabled();
  await expect(current(lab)).toContainText('Bob heard nothing');
  await lab.section.getByText('All steps').click();
  await expect(lab.button('Back to step 2')).toHaveCount(0);
  await lab.button('Back to step 1').click();
  await lab.expectStep(1);
  await expect(lab.terminal('alice')).toHaveAttribute('data-turn');
  expect(await lab.text('alice')).not.toContain('hello from alice');
  await lab.button('Play scenario').click();
  await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
  await lab.button('Back to step 8').click();
  await lab.expectStep(8);
  await lab.expectText('bob', 'bob does not wait');
});

/**
 * Clicks Pause while a step is told, and not done yet. There is time for a person to read it, and for a
 * click from outside the page too, but not on every computer.
 */
async function pauseAt(lab: LabPage, step: number): Promise<void> {
  await lab.section.evaluate((section, wanted) => {
    const buttons = [...section.querySelectorAll('button')];
    const pause = buttons.find(({ textContent }) => textContent.trim() === 'Pause');
    if (!pause) throw new Error('there is no Pause');
    new MutationObserver((_, observer) => {
      if (section.getAttribute('data-step') !== wanted) return;
      if (pause.disabled) throw new Error('Pause is disabled');
      observer.disconnect();
      pause.click();
    }).observe(section, { attributeFilter: ['data-step'] });
  }, String(step));
}

test('Pause stays at a step, and Play scenario goes on from it', async ({ page }) => {
  await page.goto('/listeners/');
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await pauseAt(lab, 1);
  await lab.button('Play scenario').click();
  await lab.expectStep(1);
  await expect(lab.button('Pause')).toBeDisabled();
  await expect(lab.status).toContainText('Type a line into Alice’s terminal');
  await expect.poll(() => hasFocus(lab, 'alice')).toBe(true);
  await lab.button('Next step').click();
  await expect(current(lab)).toContainText('Bob heard nothing');
  await pauseAt(lab, 3);
  await lab.button('Play scenario').click();
  await lab.expectStep(3);
  await expect(lab.button('Pause')).toBeDisabled();
  await expect(lab.section).not.toHaveAttribute('data-scenario');
});

test('the panel is as high at each step', async ({ page }) => {
  for (const size of [
    { width: 1440, height: 800 },
    { width: 360, height: 740 },
  ]) {
    await page.setViewportSize(size);
    const lab = await LabPage.open(page, 'listener-flags', 'listener-close-on-free');
    const panel = lab.section.locator('[data-scenario-panel]');
    const height = async (): Promise<number | undefined> => (await panel.boundingBox())?.height;
    const before = await height();
    await lab.button('Next step').click();
    for (let step = 1; step <= 4; step++) {
      await lab.expectStep(step);
      expect(await height(), `step ${step}`).toBe(before);
      const question = current(lab).getByRole('group');
      if (await question.isVisible()) {
        await current(lab).getByRole('button').first().click();
        await lab.button('Next step').click();
        await expect(current(lab)).toContainText('You said');
        expect(await height(), `step ${step}, passed`).toBe(before);
      }
      await lab.button('Next step').click();
    }
  }
});

test('a scenario leaves its run to the reader, and asks before it ends it', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.button('Play scenario').click();
  await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
  await lab.expectState('running');
  await lab.type('bob', 'my turn\n');
  await lab.expectText('bob', /my turn\nmy turn/);
  await lab.button('Play scenario').click();
  await expect(current(lab)).toContainText('ends the one that is under way');
  await lab.button('Keep this run').click();
  await lab.type('bob', 'still mine\n');
  await lab.expectText('bob', /still mine\nstill mine/);
  await lab.button('Play scenario').click();
  await lab.button('End it and play').click();
  await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
  expect(await lab.text('bob')).not.toContain('still mine');
});

test('a scenario that is disturbed while it waits fails', async ({ page }) => {
  await page.goto('/listeners/');
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await pauseAt(lab, 1);
  await lab.button('Play scenario').click();
  await lab.expectStep(1);
  await lab.press('server', 'Control+c');
  await expect(lab.section).toHaveAttribute('data-scenario', 'failed');
});
