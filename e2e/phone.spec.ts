import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { PAGES } from './pages.ts';

test.use({ viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true });

const run = async (page: Page): Promise<LabPage> => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.button('Run').tap();
  await lab.expectState('running');
  await lab.expectText('alice', 'Connected to 127.0.0.1');
  await lab.bringForward('alice');
  return lab;
};

/** Moves a finger from the middle of an element: down, by a positive distance, to see what is above. */
async function swipe(page: Page, on: Locator, distance: number): Promise<void> {
  const at = await on.boundingBox();
  if (!at) throw new Error('there is nothing to swipe over');
  const [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
  const finger = await page.context().newCDPSession(page);
  const steps = 10;
  for (let step = 0; step <= steps; step += 1) {
    await finger.send('Input.dispatchTouchEvent', {
      type: step === 0 ? 'touchStart' : 'touchMove',
      touchPoints: [{ x, y: y + (distance * step) / steps }],
    });
  }
  await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await finger.detach();
}

const scrolled = (page: Page): Promise<number> => page.evaluate(() => scrollY);

test('a finger reaches what has scrolled away, and goes on with the page at the end', async ({
  page,
}) => {
  const lab = await run(page);
  await lab.paste('alice', Array.from({ length: 20 }, (_, line) => `line ${line}\n`).join(''));
  await lab.expectText('alice', /line 19\n(?:.*\n)*line 19/);
  const terminal = lab.terminal('alice');
  const first = terminal.locator('.xterm-rows').getByText('Connected to');
  await expect(first).toHaveCount(0);
  await terminal.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const before = await scrolled(page);
  await swipe(page, terminal, 250);
  expect(await scrolled(page)).toBe(before);
  while ((await first.count()) === 0) await swipe(page, terminal, 250);
  // At its end, which can be a little further on, the page goes on.
  await expect
    .poll(async () => {
      await swipe(page, terminal, 250);
      return scrolled(page);
    })
    .toBeLessThan(before);
});

test('a line is sent whole, by half, and ended; a program is interrupted', async ({ page }) => {
  const lab = await run(page);
  const line = lab.section.getByLabel('A line for alice');
  await line.fill('one ');
  await lab.button('Send without Enter for alice').tap();
  await expect(line).toHaveValue('');
  // Half a line is answered, since this server waits for no end of it.
  await lab.expectText('alice', /one one /);
  await line.fill('two');
  await lab.button('Send for alice').tap();
  await lab.expectText('alice', /two\n.*two/);
  // Nothing is nothing: it must not end the connection.
  await lab.button('Send without Enter for alice').tap();
  await line.fill('three');
  await lab.button('Send for alice').tap();
  await lab.expectText('alice', /three\nthree/);
  await lab.button(/Ctrl-D for alice/).tap();
  await lab.expectText('alice', '14 bytes sent, 14 received');
  await lab.bringForward('server');
  await lab.button(/Ctrl-C for server/).tap();
  await lab.expectState('exited');
  await expect(lab.status).toContainText('SIGINT');
});

test('a step stays in view while it is played, and no longer', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  const step = lab.section.locator('[data-scenario-panel]');
  // Until the terminals have all of the window.
  const goDown = (): Promise<void> =>
    lab.section.locator('.lab-terminals').evaluate((terminals) => {
      scrollBy(0, terminals.getBoundingClientRect().top);
    });
  await goDown();
  await expect(step).not.toBeInViewport();
  await lab.button('Next step').tap();
  await expect(step).toContainText('Step 1 of');
  await goDown();
  await expect(step).toBeInViewport({ ratio: 1 });
  await lab.button('Clear').tap();
  await goDown();
  await expect(step).not.toBeInViewport();
  await page.goto(`${page.url().replace(/[?#].*$/, '')}?pace=0`);
  await lab.button('Play scenario').tap();
  await expect(lab.section).toHaveAttribute('data-scenario', 'passed');
  // What came of it can be read, until the reader turns to something else.
  await goDown();
  await expect(step).toBeInViewport({ ratio: 1 });
  await lab.terminal('alice').dispatchEvent('click');
  await expect(step).not.toBeInViewport();
});

test('the keys that a phone lacks take one row', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  const keys = lab.section.locator('[data-pane="alice"] .lab-keys button');
  await expect(keys).toHaveCount(3);
  const tops = await keys.evaluateAll((all) => all.map((key) => key.getBoundingClientRect().top));
  expect(new Set(tops)).toHaveProperty('size', 1);
});

test('the hint speaks of fingers', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await expect(lab.section.getByText('Tap a terminal to type')).toBeVisible();
  await expect(lab.section.getByText('Click a terminal')).toBeHidden();
});

test('at 320 pixels a terminal has its columns, and scrolls sideways', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  const lab = await run(page);
  // What is not in view is not drawn.
  await lab.terminal('alice').scrollIntoViewIfNeeded();
  const row = lab.terminal('alice').locator('.xterm-rows > div').first();
  // Unbroken: it takes one row.
  await expect(row).toHaveText(/Connected to 127\.0\.0\.1:9876/);
  // The pane scrolls, and nothing around it.
  expect(await lab.section.evaluate((lab) => lab.scrollWidth - lab.clientWidth)).toBe(0);
});

test('a table that is too wide scrolls in a box that the keyboard reaches and that has a name', async ({
  page,
}) => {
  await page.goto('/efficiency/');
  const box = page.locator('.table-box').first();
  await expect(box).not.toHaveAttribute('role');
  await box
    .locator('td')
    .first()
    .evaluate((cell) => {
      cell.style.whiteSpace = 'nowrap';
      cell.textContent = 'a name that nobody may break '.repeat(5);
    });
  await expect(box).toHaveRole('region');
  // What covers the shadow that says so scrolls with the cells; the shadow stays.
  await expect(box).toHaveCSS('background-attachment', 'local, local, scroll, scroll');
  await expect(box).toHaveAccessibleName(/^Table: .*ROT13 server/);
  await box.focus();
  await expect(box).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => box.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  const sideways = (): Promise<number> =>
    page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await sideways()).toBeLessThanOrEqual(0);
});

test('a long name breaks after an underscore, and nowhere else', async ({ page }) => {
  await page.goto('/api/c-names/');
  const name = page.locator('td code', { hasText: 'bufferevent_setwatermark()' }).first();
  expect(await name.evaluate((code) => code.innerHTML)).toBe('bufferevent_<wbr>setwatermark()');
  // Each of its lines ends with an underscore, or is the last.
  const ends = await name.evaluate((code) => {
    const last = new Map<number, string>();
    const range = document.createRange();
    for (const node of code.childNodes) {
      for (let at = 0; at < (node.textContent ?? '').length; at += 1) {
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        last.set(range.getBoundingClientRect().top, node.textContent?.[at] ?? '');
      }
    }
    return [...last.values()];
  });
  expect(ends).toEqual(['_', ')']);
});

for (const path of ['/api/', '/api/c-names/', '/api/bufferevent/', '/api/sys/sockets/']) {
  test(`${path} does not scroll sideways`, async ({ page }) => {
    await page.goto(path);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    ).toBeLessThanOrEqual(0);
  });
}

for (const path of PAGES) {
  test(`everything to tap on ${path} is 44 pixels high and wide`, async ({ page }) => {
    const response = await page.goto(path);
    expect(response?.status()).toBe(200);
    const small = await page.evaluate(() => {
      const controls = document.querySelectorAll('main :is(button, select, summary, input)');
      return [...controls].flatMap((control) => {
        // A label is as good as what it is for.
        const target = control.closest('label') ?? control;
        const { width, height } = target.getBoundingClientRect();
        if (!control.checkVisibility() || (width >= 44 && height >= 44)) return [];
        return [`${target.outerHTML.slice(0, 100)}: ${width} × ${height}`];
      });
    });
    expect(small).toEqual([]);
  });
}
