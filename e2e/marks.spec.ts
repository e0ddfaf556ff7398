/** The lines of a shown program: their numbers, and the marks of who is where, which cover none of it. */
import type { Locator } from '@playwright/test';
import { findLine, shownProgram } from '../testing/shown-line.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** Every mark that lies over a piece of code, with that piece. */
async function covered(code: Locator): Promise<string[]> {
  return code.evaluate((element) => {
    const marks = [...element.querySelectorAll('.line-mark:not([hidden])')];
    const found: string[] = [];
    for (const line of element.querySelectorAll('.ec-line .code')) {
      const text = document.createRange();
      text.selectNodeContents(line);
      for (const piece of text.getClientRects()) {
        for (const mark of marks) {
          const { left, right, top, bottom } = mark.getBoundingClientRect();
          const across = Math.min(right, piece.right) - Math.max(left, piece.left);
          const down = Math.min(bottom, piece.bottom) - Math.max(top, piece.top);
          // The box of a letter is higher than the letter.
          if (across > 1 && down > 4) found.push(`${mark.textContent} over ${line.textContent}`);
        }
      }
    }
    return found;
  });
}

/** Whether all of a line is in what is seen of its code. */
function isSeen(line: Locator): Promise<boolean> {
  return line.evaluate((element) => {
    const code = element.closest('.program-code')?.getBoundingClientRect() ?? new DOMRect();
    const { top, bottom } = element.getBoundingClientRect();
    return top >= code.top && bottom <= code.bottom;
  });
}

test('lines have numbers, which are neither selected nor read out', async ({ page }) => {
  const lab = await LabPage.open(page, 'blocking', 'two-sockets-blocking');
  await lab.showProgram();
  const lines = lab.section.locator('.program-code .ec-line');
  const text = shownProgram('two-sockets-blocking');
  await expect(lines).toHaveCount(text.trimEnd().split('\n').length);
  const number = findLine(text, 'const n = recv(fd');
  const line = lines.nth(number - 1);
  await expect(line).toHaveText(/^\s*const n = recv\(fd/);
  expect(
    await line.evaluate((element) => {
      const { content, counterIncrement } = getComputedStyle(element, '::before');
      const own = getComputedStyle(element).counterIncrement;
      return { content, counterIncrement, own };
    }),
  ).toEqual({ content: 'counter(line) / ""', counterIncrement: 'none', own: 'line 1' });
  const selected = await lines.evaluateAll((elements) => {
    const [first, second] = elements;
    const selection = getSelection();
    if (!first || !second || !selection) return undefined;
    selection.setBaseAndExtent(first, 0, second, second.childNodes.length);
    return selection.toString();
  });
  const [first = '', second = ''] = text.split('\n');
  expect(selected?.trim()).toBe(`${first}\n${second}`);
});

for (const { width, height, workbench } of [
  { width: 1440, height: 900, workbench: true },
  { width: 1440, height: 800, workbench: false },
  { width: 820, height: 1180, workbench: false },
  { width: 360, height: 740, workbench: false },
]) {
  test.describe(`at ${width} × ${height}`, () => {
    test.use({ viewport: { width, height } });

    test('marks cover no code, and the line at which most wait is seen', async ({ page }) => {
      const lab = await LabPage.open(page, 'processes', 'rot13-fork');
      if (workbench) await lab.button('Workbench').click();
      await lab.run('alice', 'bob');
      await lab.button('Connect a client').click();
      await lab.expectText('carol', 'Connected to');
      if (width < 400) await lab.section.locator('[data-tab="server"]').click();
      await lab.showProgram();
      const code = lab.section.locator('.program-code');
      const text = shownProgram('rot13-fork');
      const children = code.locator('.ec-line').nth(findLine(text, 'recv(fd, inbuf') - 1);
      await expect(children).toHaveAttribute('data-here', 'waits');
      await expect(code.locator('.line-bars i')).toHaveCount(4);
      await expect.poll(() => isSeen(children)).toBe(true);
      expect(await covered(code)).toEqual([]);

      // A reader who has scrolled is left where they are, until they begin another run.
      await code.hover();
      await page.mouse.wheel(0, -20_000);
      await expect.poll(() => code.evaluate(({ scrollTop }) => scrollTop)).toBe(0);
      expect(await isSeen(children)).toBe(false);
      await lab.button('Connect a client').click();
      await lab.expectText('dave', 'Connected to');
      await expect(code.locator('.line-bars i')).toHaveCount(5);
      expect(await code.evaluate(({ scrollTop }) => scrollTop)).toBe(0);
      expect(await covered(code)).toEqual([]);
    });
  });
}

test('the version that the reader has kept is shown, and marked where it waits', async ({
  page,
}) => {
  await page.goto('/blocking/?pace=0');
  const book = shownProgram('two-sockets-blocking');
  const own = `// Mine, one line longer.\n${book}`;
  await page.evaluate(
    (kept) => localStorage.setItem('readable:edit:two-sockets-blocking:server.ts', kept),
    JSON.stringify({ version: 1, text: own, original: book }),
  );
  await page.reload();
  const lab = new LabPage(page, 'two-sockets-blocking');
  await expect(lab.section).toHaveAttribute('data-edited');
  await lab.showProgram();
  const code = lab.section.locator('.program-code');
  await expect(code.locator('.own-source .code-comment').first()).toHaveText(
    '// Mine, one line longer.',
  );
  await expect(code.getByText('const n = recv(fd').filter({ visible: true })).toHaveCount(1);
  await lab.run('alice', 'bob');
  await lab.showProgram();
  const mark = code.locator('.ec-line[data-here="waits"]');
  await expect(mark).toContainText('const n = recv(fd');
  const line = findLine(own, 'const n = recv(fd');
  await expect(code.locator('.own-source .ec-line').nth(line - 1)).toHaveAttribute('data-here');
  await expect(code.locator('.line-mark')).toHaveText(/^recv\(\d+\), [\d.]+ m?s · alice$/);

  // With the book’s back, while the reader’s still runs, no line of it is marked.
  await lab.button('Edit').click();
  await lab.button('Restore the original').click();
  await lab.button('Done').click();
  await expect(code.locator('.own-source')).toHaveCount(0);
  await expect(mark).toHaveCount(0);
  await expect(code.locator('.line-mark')).toHaveCount(0);
});

test('a call that is picked lights its line in the editor, in whichever file it is', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'bufferevents', 'deaf-client');
  await lab.button('Edit').click();
  const tab = lab.section.getByRole('tab', { selected: true });
  await expect(tab).toHaveText('deaf.ts');
  await lab.button('Play scenario').click();
  await expect(lab.section, await lab.scenarioResult()).toHaveAttribute('data-scenario', 'passed');
  await lab.showProgram('deaf.ts');
  await expect(tab).toHaveText('deaf.ts');
  const timeline = lab.section.locator('.lab-timeline');
  await timeline.locator('summary').click();
  const scroll = timeline.locator('.lab-timeline-scroll');
  await expect(scroll.locator('canvas')).toBeVisible();
  await scroll.focus();
  await page.keyboard.press('ArrowRight');
  const told = lab.section.locator('[data-timeline-told]');
  const pointed = lab.section.locator('.cm-line[data-pointed]').filter({ visible: true });
  await expect(told).toContainText(/^server/i);
  await expect(tab).toHaveText('server.ts');
  await expect(pointed).toHaveCount(1);
});
