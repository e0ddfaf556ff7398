/** What a reader does with their own version of a program, on real sandboxes. */
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { basename, dirname } from 'node:path';
import { LABS } from '../testing/labs.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

const KB = 1000;
/** All but those that measure their programs, which have a test of their own: measure.spec.ts. */
const EDITED = [...LABS].flatMap(([id, { definition, folder }]) =>
  definition.measures ? [] : [{ id, chapter: basename(dirname(folder)) }],
);
/** Every server program prints this, and a word before it changes nothing else. */
const PRINTED = 'Listening on port';
const OWN = `Mine. ${PRINTED}`;

/** A lab whose program a reader edits. */
class EditedLab extends LabPage {
  static override async open(page: Page, chapter: string, id: string): Promise<EditedLab> {
    await LabPage.open(page, chapter, id);
    return new EditedLab(page, id);
  }

  editor(file = 'server.ts'): Locator {
    return this.section.locator(`[data-editor="${file}"]`);
  }

  async edit(): Promise<void> {
    await this.button('Edit').click();
    // A hidden tab’s editor is there, too.
    await expect(this.section.locator('.cm-content').filter({ visible: true })).toBeVisible();
  }

  async program(file?: string): Promise<string> {
    return this.editor(file).evaluate((element) =>
      'text' in element && typeof element.text === 'string' ? element.text : 'no text property',
    );
  }

  async write(text: string, file?: string): Promise<void> {
    await this.editor(file).evaluate((element, all) => Object.assign(element, { text: all }), text);
  }

  /** Puts a word into what the server program prints. */
  async personalise(): Promise<void> {
    const text = await this.program();
    expect(text).toContain(PRINTED);
    await this.write(text.replaceAll(PRINTED, OWN));
    await expect(this.section).toHaveAttribute('data-edited');
  }
}

for (const { chapter, id } of EDITED) {
  test(`what the reader has written runs in ${id}`, async ({ page }) => {
    const lab = await EditedLab.open(page, chapter, id);
    await lab.edit();
    await lab.personalise();
    await lab.button('Run').click();
    await lab.expectText('server', OWN);
  });
}

test('a click on Edit prints no error to the console', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const answered = page.waitForResponse((response) => /\/session\?origin=/.test(response.url()));
  const lab = await EditedLab.open(page, 'select', 'rot13-select');
  await lab.edit();
  expect((await answered).status()).toBe(200);
  await lab.personalise();
  expect(errors).toEqual([]);
});

test('a mistake is marked at its line, and nothing runs', async ({ page }) => {
  const lab = await EditedLab.open(page, 'select', 'rot13-select');
  await lab.edit();
  const text = await lab.program();
  const line = text.split('\n').length;
  await lab.write(`${text}const = 1;\n`);
  await lab.button('Run').click();
  await lab.expectState('failed');
  await expect(lab.status).toContainText(`server.ts, line ${line}, column`);
  const editor = lab.editor();
  await expect(editor.getByRole('textbox')).toBeFocused();
  await expect(editor.locator('.cm-lint-marker-error')).toHaveCount(1);
  await expect(editor.locator('.cm-activeLine')).toHaveText('const = 1;');
  expect(await lab.text('server')).toBe('');
  // The line is right again, and the mark is gone when it runs.
  await lab.write(text);
  await lab.run('alice');
  await expect(editor.locator('.cm-lint-marker-error')).toHaveCount(0);
});

test('the original comes back, and the version it replaced too', async ({ page }) => {
  const lab = await EditedLab.open(page, 'listeners', 'echo-listener');
  await lab.edit();
  const original = await lab.program();
  await lab.personalise();
  await lab.button('Show changes').click();
  await expect(lab.section.locator('ins.editor-change')).toContainText(OWN);
  await lab.button('Restore the original').click();
  expect(await lab.program()).toBe(original);
  await expect(lab.section).not.toHaveAttribute('data-edited');
  await lab.button('Bring my version back').click();
  expect(await lab.program()).toContain(OWN);
  await lab.editor().getByRole('textbox').press('Control+z');
  expect(await lab.program()).toBe(original);
});

test('a version stays after a reload, and runs before Edit is clicked', async ({ page }) => {
  let lab = await EditedLab.open(page, 'listeners', 'echo-listener');
  await lab.edit();
  await lab.personalise();
  lab = await EditedLab.open(page, 'listeners', 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-edited');
  await expect(lab.button('server.ts, yours')).toBeVisible();
  await lab.showProgram();
  await expect(lab.section.getByText('Run runs your own server.ts')).toBeVisible();
  await lab.run('alice');
  await lab.expectText('server', OWN);
  await lab.button('Stop').click();
  // The book has changed meanwhile: the reader is told, and sees both.
  await page.evaluate(() => {
    const key = 'readable:edit:echo-listener:server.ts';
    const kept = localStorage.getItem(key) ?? '';
    localStorage.setItem(
      key,
      kept.replace('"original":"', '"original":"// Gone from the book.\\n'),
    );
  });
  lab = await EditedLab.open(page, 'listeners', 'echo-listener');
  await lab.edit();
  expect(await lab.program()).toContain(OWN);
  const notice = lab.section.locator('[data-subject="book"]');
  await expect(notice).toContainText('has changed since you edited it');
  await expect(notice.locator('del')).toContainText('// Gone from the book.');
  await lab.button('Keep my version').click();
  await expect(notice).toHaveCount(0);
  expect(await lab.program()).toContain(OWN);
});

test('a link brings a version to another reader, who sees it before it runs', async ({
  page,
  browser,
  server,
}) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const lab = await EditedLab.open(page, 'listeners', 'echo-listener');
  await lab.edit();
  await lab.personalise();
  await lab.button('Copy link').click();
  await expect(lab.section.getByText('The link is copied')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/listeners\/#lab-echo-listener&edit=[\w-]+$/);

  const context = await browser.newContext({ baseURL: server.url });
  const other = new EditedLab(await context.newPage(), 'echo-listener');
  await other.page.goto(link);
  await expect(other.section.locator('ins.editor-change')).toContainText(OWN);
  expect(await other.program()).toContain(OWN);
  await other.expectState('idle');
  await other.run('alice');
  await other.expectText('server', OWN);
  // Their own version is not lost to a link.
  const own = (await other.program()).replace(OWN, `Theirs. ${PRINTED}`);
  await other.write(own);
  await other.page.goto('about:blank');
  await other.page.goto(link);
  await other.button('Keep mine').click();
  expect(await other.program()).toBe(own);
  await context.close();
});

test('a place in the stack of an error leads to its line', async ({ page }) => {
  const lab = await EditedLab.open(page, 'listeners', 'echo-listener');
  await lab.edit();
  const text = await lab.program();
  await lab.write(`throw new Error('of the reader');\n${text}`);
  await lab.button('Run').click();
  const place = 'server.ts:1';
  await lab.expectText('server', place);
  await lab.showProgram();
  await lab.button('Done').click();
  await expect(lab.editor()).toBeHidden();
  await lab.button('Output of server').click();
  const rows = lab.terminal('server').locator('.xterm-rows > div');
  const row = rows.filter({ hasText: place }).first();
  await row.scrollIntoViewIfNeeded();
  const box = await row.boundingBox();
  const columns = (await row.textContent())?.indexOf(place) ?? 0;
  if (!box) throw new Error('The row is not shown.');
  // The width of a character in the terminal.
  const width = await lab.terminal('server').evaluate((element) => {
    const probe = document.createElement('span');
    const host = element.querySelector('.xterm-rows');
    probe.textContent = 'm'.repeat(100);
    host?.append(probe);
    const { width } = probe.getBoundingClientRect();
    probe.remove();
    return width / 100;
  });
  await page.mouse.move(box.x + width * (columns + 2), box.y + box.height / 2);
  await expect(lab.terminal('server').locator('.xterm-cursor-pointer')).toHaveCount(1);
  await page.mouse.down();
  await page.mouse.up();
  await expect(lab.editor().getByRole('textbox')).toBeFocused();
  await expect(lab.editor().locator('.cm-activeLine')).toContainText('of the reader');
});

test('the keyboard writes, completes, and leaves the editor', async ({ page }) => {
  const lab = await EditedLab.open(page, 'listeners', 'echo-listener');
  await lab.button('Edit').focus();
  await page.keyboard.press('Enter');
  const text = lab.editor().getByRole('textbox');
  await expect(text).toBeFocused();
  await expect(text).toHaveAccessibleName('server.ts, editor');
  await expect(text).toHaveAccessibleDescription(/Escape, then Tab, leaves/);
  await lab.write('');
  await page.keyboard.type('getsockn');
  const list = lab.editor().getByRole('listbox');
  await expect(list.getByRole('option').first()).toContainText('getsockname');
  await expect(
    lab.editor().getByRole('link', { name: 'Manual page getsockname(2)' }),
  ).toBeVisible();
  await list.getByRole('option').first().click();
  await expect
    .poll(() => lab.program())
    .toBe("import { getsockname } from 'libevent-ts/sys';\ngetsockname");
  await page.keyboard.press('Home');
  await page.keyboard.press('Tab');
  expect(await lab.program()).toContain('\n  getsockname');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await expect(text).not.toBeFocused();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('the editor has the colours of the shown code, and no violation that axe finds', async ({
      page,
    }) => {
      const lab = await EditedLab.open(page, 'listeners', 'echo-listener');
      await lab.showProgram();
      const shown = (word: RegExp): Promise<string> =>
        lab.section
          .locator('.lab-program span')
          .filter({ hasText: word })
          .last()
          .evaluate((element) => getComputedStyle(element).color);
      const wanted = [await shown(/^\/\/ /), await shown(/^(?:const|import|return)$/)];
      await lab.edit();
      const colour = (name: string): Promise<string> =>
        lab
          .editor()
          .locator(`.code-${name}`)
          .first()
          .evaluate((element) => getComputedStyle(element).color);
      expect([await colour('comment'), await colour('keyword')]).toEqual(wanted);
      await lab.personalise();
      await lab.write(`${await lab.program()}const = 1;\n`);
      await lab.button('Show changes').click();
      await lab.button('Run').click();
      await lab.expectState('failed');
      await expect(lab.editor().locator('.cm-lint-marker-error')).toBeVisible();
      // Starlight’s own search button has a keyboard hint in its text that its name lacks.
      const { violations } = await new AxeBuilder({ page }).exclude('site-search').analyze();
      expect(violations).toEqual([]);
    });
  });
}

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('the editor fits, and a touch of its text does not make the page larger', async ({
    page,
  }) => {
    const lab = await EditedLab.open(page, 'listeners', 'echo-listener');
    await lab.edit();
    await lab.personalise();
    await lab.button('Show changes').click();
    const size = await lab
      .editor()
      .getByRole('textbox')
      .evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    expect(size).toBeGreaterThanOrEqual(16);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);
  });
});

test('not one byte of the editor comes before Edit, and at most 150 KB of JavaScript after', async ({
  browser,
  server,
}) => {
  // Plain gzip, which every host can do, whatever this browser would take.
  const context = await browser.newContext({ extraHTTPHeaders: { 'Accept-Encoding': 'gzip' } });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  const sizes = new Map<string, { url: string; bytes: number }>();
  devtools.on('Network.responseReceived', ({ requestId, response }) => {
    sizes.set(requestId, { url: response.url, bytes: 0 });
  });
  devtools.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    const file = sizes.get(requestId);
    if (file) file.bytes += encodedDataLength;
  });
  await page.goto(`${server.url}listeners/`, { waitUntil: 'networkidle' });
  const before = [...sizes.values()].map(({ url }) => url);
  expect(before.filter((url) => /desk|editor|library\.json|programs\//.test(url))).toEqual([]);
  sizes.clear();
  const lab = new EditedLab(page, 'echo-listener');
  await lab.edit();
  await page.waitForLoadState('networkidle');
  const scripts = [...sizes.values()].filter(({ url }) => url.endsWith('.js'));
  const total = scripts.reduce((sum, { bytes }) => sum + bytes, 0);
  test.info().annotations.push({ type: 'JavaScript after Edit', description: `${total} bytes` });
  expect(total).toBeGreaterThan(0);
  expect(total, JSON.stringify(scripts)).toBeLessThanOrEqual(150 * KB);
  await context.close();
});
