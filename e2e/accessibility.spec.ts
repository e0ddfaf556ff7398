import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { PAGES } from './pages.ts';

/** Starlight’s own search button has a keyboard hint in its text that its name lacks. */
const NOT_OURS = 'site-search';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    for (const path of PAGES) {
      test(`${path} has no violation that axe finds`, async ({ page }) => {
        await page.goto(path);
        const { violations } = await new AxeBuilder({ page }).exclude(NOT_OURS).analyze();
        expect(violations).toEqual([]);
      });
    }

    test('nor has a lab that runs', async ({ page }) => {
      const lab = await LabPage.open(page, 'select', 'rot13-select');
      await lab.run('alice', 'bob');
      await lab.type('alice', 'hello\n');
      await lab.expectText('alice', /hello\nuryyb/);
      await lab.press('bob', 'Control+d');
      await expect(lab.button(/^Reconnect bob/)).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).exclude(NOT_OURS).analyze();
      expect(violations).toEqual([]);
    });
  });
}

test('the keyboard alone runs the lab, types, and leaves the terminal', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.button('Run').focus();
  await page.keyboard.press('Enter');
  await lab.expectText('alice', 'Connected to');
  await lab.type('alice', 'by hand\n');
  await lab.expectText('alice', /by hand\nby hand/);
  const terminal = lab.terminal('alice');
  const focusWithin = (): Promise<boolean> =>
    terminal.evaluate((element) => element.contains(document.activeElement));
  expect(await focusWithin()).toBe(true);
  await page.keyboard.press('Tab');
  expect(await focusWithin()).toBe(false);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  expect(await focusWithin()).toBe(false);
});

test('each terminal and each button has a name', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  for (const name of ['Run', 'Play scenario', 'Connect a client', 'Clear', 'Keys']) {
    await expect(lab.button(name)).toHaveCount(1);
  }
  for (const name of ['server', 'alice', 'bob']) {
    await expect(lab.terminal(name)).toHaveAccessibleName(new RegExp(name, 'i'));
  }
});

for (const path of PAGES) {
  test(`${path} does not scroll sideways on a phone`, async ({ page }) => {
    for (const width of [360, 320]) {
      await page.setViewportSize({ width, height: 740 });
      await page.goto(path);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${width} px`).toBe(0);
    }
  });
}

test('the terminals are side by side on a wide screen, and behind each other on a narrow one', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  const boxes = async () => {
    const [server, alice] = await Promise.all(
      ['server', 'alice'].map((name) => lab.terminal(name).boundingBox()),
    );
    if (!server || !alice) throw new Error('a terminal is not shown');
    return { server, alice };
  };
  await page.setViewportSize({ width: 1440, height: 900 });
  const wide = await boxes();
  expect(wide.alice.x).toBeGreaterThan(wide.server.x + wide.server.width - 1);
  await page.setViewportSize({ width: 360, height: 740 });
  const narrow = await boxes();
  expect(narrow.alice.x).toBe(narrow.server.x);
  const front = lab.section.locator('.lab-pane[data-front]');
  await expect(front).toHaveAttribute('data-pane', 'server');
  await lab.section.locator('[data-tab="alice"]').click();
  await expect(front).toHaveAttribute('data-pane', 'alice');
});

for (const path of PAGES) {
  test(`${path}: links with one name lead to one place`, async ({ page }) => {
    await page.goto(path);
    const links = await page
      .locator('main')
      .getByRole('link')
      .evaluateAll((elements) =>
        elements.map((link) => [link.textContent.trim(), link.getAttribute('href') ?? '']),
      );
    const places = new Map<string, Set<string>>();
    for (const [name = '', place = ''] of links) {
      places.set(name, (places.get(name) ?? new Set()).add(place));
    }
    const ambiguous = [...places].filter(([, { size }]) => size > 1).map(([name]) => name);
    expect(ambiguous).toEqual([]);
  });
}

test('the contents keep their place while a lab fills the window', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 400 });
  await page.goto('/select/');
  const current = page.locator('.right-sidebar starlight-toc a[aria-current="true"]');
  const lab = page.locator('[data-lab="rot13-select"]');
  // From below, so that what was current before is another section.
  await page.evaluate(() => document.getElementById('what-is-still-wrong')?.scrollIntoView());
  await expect(current).toHaveText('What is still wrong');
  await lab.locator('.lab-terminals').scrollIntoViewIfNeeded();
  await expect(current).toHaveText('Many clients, one process');
});

for (const hasTouch of [false, true]) {
  test.describe(hasTouch ? 'with fingers' : 'with a mouse', () => {
    test.use({ viewport: { width: 360, height: 740 }, hasTouch, isMobile: hasTouch });

    test('what the head of a narrow pane says is not cut', async ({ page }) => {
      const lab = await LabPage.open(page, 'blocking', 'http-client');
      const heads = lab.section.locator('.lab-pane-head');
      // The longest that a pane says of its process.
      await heads
        .locator('[data-pane-state]')
        .evaluateAll((states) =>
          states.forEach((state) => (state.textContent = 'exited with code 127')),
        );
      for (const head of await heads.all()) {
        const cut = await head.evaluate((element) => {
          const { left, right, bottom } = element.getBoundingClientRect();
          return [...element.querySelectorAll<HTMLElement>('*:not(.sr-only, option)')]
            .filter((each) => each.checkVisibility())
            .filter((each) => {
              const box = each.getBoundingClientRect();
              const isOut = box.left < left || box.right > right || box.bottom > bottom;
              return isOut || (each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0);
            })
            .map((each) => each.className);
        });
        expect(cut).toEqual([]);
      }
    });
  });
}

test('the head of a wide pane is one row, whatever it says', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const lab = await LabPage.open(page, 'blocking', 'http-client');
  const heads = lab.section.locator('.lab-pane-head');
  const rows = await heads.evaluateAll((elements) =>
    elements.map((head) => {
      const state = head.querySelector('[data-pane-state]');
      const button = head.querySelector('.lab-pane-button:not([hidden])');
      if (state) state.textContent = 'exited with code 127';
      if (button) button.textContent = 'Start again';
      return head.clientHeight;
    }),
  );
  expect(new Set(rows)).toHaveProperty('size', 1);
});
