import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

const run = async (page: Page): Promise<LabPage> => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  return lab;
};

/** What an untouched line tells of: everything typed before it has come back. */
async function roundTrip(lab: LabPage, name: string, text: string): Promise<void> {
  await lab.type(name, `${text}\n`);
  await lab.expectText(name, new RegExp(`${text}\n${text}`));
}

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

const clipboard = (page: Page): Promise<string> =>
  page.evaluate(() => navigator.clipboard.readText());

for (const keys of ['Control+c', 'Control+Shift+C']) {
  test(`${keys} copies what is selected, and kills nobody`, async ({ page }) => {
    const lab = await run(page);
    const row = lab.terminal('server').locator('.xterm-rows').getByText('Listening on port');
    // The rows let the pointer through, to the screen that they are on.
    await row.dblclick({ position: { x: 4, y: 4 }, force: true });
    await page.keyboard.press(keys);
    await expect.poll(() => clipboard(page)).toBe('Listening');
    await roundTrip(lab, 'alice', 'still here');
    await lab.expectState('running');
    await lab.press('server', 'Control+c');
    await lab.expectState('exited');
  });
}

for (const keys of ['Control+v', 'Control+Shift+V']) {
  test(`${keys} pastes`, async ({ page }) => {
    const lab = await run(page);
    await page.evaluate(() => navigator.clipboard.writeText('from the clipboard'));
    await lab.press('alice', keys);
    await lab.press('alice', 'Enter');
    await lab.expectText('alice', /from the clipboard\nfrom the clipboard/);
  });
}

test('Ctrl-S stops no output', async ({ page }) => {
  const lab = await run(page);
  await lab.press('alice', 'Control+s');
  await lab.type('alice', 'goes on\n');
  await lab.expectText('alice', /goes on\ngoes on/);
});

test('Escape and Ctrl-L draw nothing, and are not sent', async ({ page }) => {
  const lab = await run(page);
  await lab.type('alice', 'abc');
  await lab.press('alice', 'Escape');
  await lab.press('alice', 'Control+l');
  await lab.type('alice', 'def\n');
  await lab.expectText('alice', /\nabcdef\nabcdef$/);
});

test('Ctrl-Shift-C leaves the clipboard alone where nothing is selected', async ({ page }) => {
  const lab = await run(page);
  await page.evaluate(() => navigator.clipboard.writeText('kept'));
  await lab.press('alice', 'Control+Shift+C');
  await lab.press('alice', 'Control+v');
  await lab.press('alice', 'Enter');
  await lab.expectText('alice', /kept\nkept/);
  expect(await clipboard(page)).toBe('kept');
});

test('keys that no line can use send nothing and draw nothing', async ({ page }) => {
  const lab = await run(page);
  await roundTrip(lab, 'alice', 'before');
  const before = await lab.text('alice');
  await lab.terminal('alice').getByRole('textbox').focus();
  for (const key of [
    ...['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'Insert', 'Delete'],
    ...['PageUp', 'PageDown', 'F1', 'F9', 'Control+ArrowLeft', 'Shift+Home', 'Alt+b', 'Alt+Enter'],
  ]) {
    await page.keyboard.press(key);
  }
  await roundTrip(lab, 'alice', 'after');
  expect(await lab.text('alice')).toBe(`${before}\nafter\nafter`);
  await lab.press('alice', 'Control+d');
  await lab.expectText('alice', '13 bytes sent, 13 received');
});

test('Page Up and Page Down scroll', async ({ page }) => {
  const lab = await run(page);
  await lab.paste('alice', Array.from({ length: 15 }, (_, line) => `line ${line}\n`).join(''));
  await lab.expectText('alice', /line 14\n(?:.*\n)*line 14/);
  await lab.terminal('alice').getByRole('textbox').focus();
  const first = lab.terminal('alice').locator('.xterm-rows').getByText('Connected to');
  await expect(first).toHaveCount(0);
  // A page is a row less than the terminal, which may have few: all lines are 31 rows.
  for (let count = 0; count < 31; count += 1) await page.keyboard.press('PageUp');
  await expect(first).toHaveCount(1);
  for (let count = 0; count < 31; count += 1) await page.keyboard.press('PageDown');
  await expect(first).toHaveCount(0);
});

test('é, Backspace and Enter send an empty line', async ({ page }) => {
  const lab = await run(page);
  await lab.type('alice', 'é');
  await lab.press('alice', 'Backspace');
  await lab.press('alice', 'Enter');
  await lab.press('alice', 'Control+d');
  await lab.expectText('alice', '1 bytes sent, 1 received');
});

test('what is put in without a key arrives once, and so does what is typed', async ({ page }) => {
  const lab = await run(page);
  await lab.type('alice', 'aB');
  await page.keyboard.insertText('🙂');
  await page.keyboard.insertText(' and words that are dictated');
  await lab.type('alice', 'Cd\n');
  await lab.expectText(
    'alice',
    /^aB🙂 and words that are dictatedCd\n?aB🙂 and words that are dictatedCd$/m,
  );
});

test('a line that is half typed stays whole when the window changes its size', async ({ page }) => {
  const lab = await run(page);
  await lab.paste('alice', `${'half a line '.repeat(12)}and its end`);
  await lab.expectText('alice', 'and its end');
  const typed = await lab.text('alice');
  for (const width of [700, 320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await expect.poll(() => lab.text('alice')).toBe(typed);
  }
  await lab.press('alice', 'Enter');
  await lab.expectText('alice', /(half a line ){12}and its end\n(half a line ){12}and its end/);
});

test('what is typed after a change of the size goes on at the end of the line', async ({
  page,
}) => {
  test.slow();
  const lab = await run(page);
  const rows = lab.terminal('alice').locator('.xterm-rows > div');
  const screen = lab.terminal('alice').locator('.xterm-screen');
  const size = async (): Promise<unknown> =>
    screen.evaluate((element) => [element.clientWidth, element.clientHeight]);
  await page.setViewportSize({ width: 1440, height: 900 });
  await lab.type('alice', 'x'.repeat(90));
  await lab.expectText('alice', 'x'.repeat(90));
  const columns = ((await rows.allTextContents()).find((row) => row.startsWith('x')) ?? '').length;
  await lab.press('alice', 'Enter');
  await lab.expectText('alice', /x{90}\nx{90}/);
  for (const length of [columns, columns * 2]) {
    let typed = `${'x'.repeat(length - 1)}y`;
    await lab.type('alice', typed);
    await expect.poll(async () => (await lab.text('alice')).endsWith(typed)).toBe(true);
    for (const [width, height] of [
      [1440, 740],
      [700, 900],
      [1440, 900],
    ] as const) {
      const before = await size();
      await page.setViewportSize({ width, height });
      await expect.poll(size).not.toEqual(before);
      await lab.type('alice', '漢Z');
      typed += '漢Z';
      await expect.poll(async () => (await lab.text('alice')).split('\n').at(-1)).toBe(typed);
    }
    await lab.type('alice', '\n');
    await lab.expectText('alice', `${typed}\n${typed}`);
  }
});

test('Backspace goes back over the end of a row', async ({ page }) => {
  const lab = await run(page);
  // A line of more rows than the terminal has can’t be gone back over, as in any terminal.
  await page.setViewportSize({ width: 1280, height: 1000 });
  await lab.paste('alice', 'x'.repeat(120));
  await lab.expectText('alice', 'x'.repeat(120));
  await lab.paste('alice', '\u007f'.repeat(118));
  await expect.poll(() => lab.text('alice')).toMatch(/\nxx\s*$/);
  await lab.type('alice', 'y\n');
  await lab.expectText('alice', /\nxxy\s*\nxxy/);
});

test('each terminal has the name of its process, its input too', async ({ page }) => {
  const lab = await run(page);
  await lab.button('Connect a client').click();
  for (const name of ['server', 'alice', 'bob', 'carol']) {
    const terminal = lab.section.getByRole('group', { name: `${name}’s terminal` });
    await expect(terminal.getByRole('textbox', { name: `${name}’s terminal` })).toHaveCount(1);
  }
});
