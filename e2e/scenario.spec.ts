import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { scenarioOf } from '../lab/player.ts';
import { CONTENT } from '../project.ts';
import { misplacedLabs } from '../testing/lab-places.ts';
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
    // An exercise is written, and checked by its own tests, before its page asks for it.
    const folders = readdirSync(join(CONTENT, chapter), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .filter((name) => !LABS.get(name)?.definition.exercise || shown.includes(name));
    misplaced.push(...misplacedLabs({ chapter, folders, shown }, ids));
  }
  expect(misplaced.join('\n')).toBe('');
});

/** Each lab, and each way to run it that there is a choice of. */
const plays = [...LABS].flatMap(([id, { definition, folder }]) => {
  if (definition.exercise) return [];
  const chapter = basename(dirname(folder));
  const ways = definition.server.ways?.map(({ name }) => name) ?? [undefined];
  return ways.map((way) => ({ id, chapter, way, steps: scenarioOf(definition, way) }));
});

test.describe('every lab’s scenario passes, in every way', () => {
  // The page then types at once and pauses less; what is expected stays the same.
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  for (const { id, chapter, way, steps } of plays) {
    test(way === undefined ? id : `${id}, ${way}`, async ({ page }) => {
      const lab = await LabPage.open(page, chapter, id);
      if (way !== undefined) await lab.choose(way);
      await lab.button('Play scenario').click();
      expect(await lab.scenarioResult()).toContain('Passed: all');
      const panel = lab.section.locator('[data-scenario-panel]');
      for (const { caption } of steps) await expect(panel).toContainText(caption);
    });
  }
});

test('a scenario leaves its run to the reader, and can be played again', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  for (let time = 0; time < 2; time++) {
    await lab.button('Play scenario').click();
    await expect(lab.section).not.toHaveAttribute('data-scenario', 'passed');
    await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
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
