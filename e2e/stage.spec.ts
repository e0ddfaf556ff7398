/**
 * The stage of a lab: what a step speaks of is in the window together with its text, and nothing moves.
 * Every lab is played in a wide window; on a tablet and on a phone, those whose stages differ most.
 */
import { basename, dirname } from 'node:path';
import type { Page } from '@playwright/test';
import { scenarioOf } from '../lab/player.ts';
import { subjectOf } from '../lab/subject.ts';
import { LABS } from '../testing/labs.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** What is watched of a stage: all that has a place of its own on it. */
const PARTS = [
  '.lab-bar :is(button, select)',
  '.lab-clock',
  '.lab-status',
  '.scenario',
  '.scenario-step',
  '.lab-tabs > button',
  '.lab-pane',
  '.lab-pane-head > *',
  '.lab-tools > *',
  '.lab-gauges [data-gauge]',
  '.lab-select figure > *',
  'readable-terminal',
].join(', ');

/** Opens a chapter whose scenarios make no pauses for reading. */
async function open(page: Page, id: string): Promise<LabPage> {
  const folder = LABS.get(id)?.folder ?? '';
  await page.goto(`/${basename(dirname(folder))}/?pace=0`);
  const lab = new LabPage(page, id);
  await expect(lab.section).toHaveAttribute('data-ready');
  await page.evaluate(() => document.fonts.ready);
  return lab;
}

/**
 * Keeps where everything on a stage is, and from then on looks at each step, as soon as it has begun,
 * whether its text and its terminal are in the window and everything is where it was.
 */
async function watch(lab: LabPage): Promise<void> {
  const { definition } = LABS.get(lab.id) ?? {};
  const subjects = definition ? scenarioOf(definition, undefined).map(subjectOf) : [];
  await lab.section.evaluate(
    (section, { parts, names }) => {
      const stage = section.querySelector('.lab-stage');
      if (!stage) throw new Error('there is no stage');
      const places = (): Map<Element, string> => {
        const { x: left, y: top } = stage.getBoundingClientRect();
        return new Map(
          [...stage.querySelectorAll(parts)].flatMap((part) => {
            if (!part.checkVisibility()) return [];
            const { x, y } = part.getBoundingClientRect();
            // A row of tabs scrolls, within itself, to the one that comes forward.
            const scrolled = part.parentElement?.scrollLeft ?? 0;
            return [[part, `${Math.round(x - left + scrolled)}, ${Math.round(y - top)}`]];
          }),
        );
      };
      const before = places();
      const problems = new Set<string>();
      const steps = new Set<string>();
      const look = (when: string): void => {
        for (const [part, place] of places()) {
          const was = before.get(part);
          if (was === undefined || was === place) continue;
          problems.add(`${when}: ${part.className || part.tagName} moved from ${was} to ${place}`);
        }
      };
      const isInWindow = (element: Element | null): boolean => {
        const { top, bottom, height } = element?.getBoundingClientRect() ?? new DOMRect();
        return height > 0 && top >= 0 && bottom <= innerHeight + 1;
      };
      const lookAtStep = (): void => {
        const { step } = section instanceof HTMLElement ? section.dataset : {};
        if (step === undefined) return;
        steps.add(step);
        look(`step ${step}`);
        if (!isInWindow(section.querySelector('[data-scenario-step]'))) {
          problems.add(`step ${step}: its text is not in the window`);
        }
        const name = names[Number(step) - 1];
        if (name === undefined) return;
        const pane = section.querySelector(`[data-pane="${name}"]`);
        // Of terminals behind each other, the one in front is seen.
        const isSeen = pane?.matches('[data-front]') ?? false;
        if (!isInWindow(pane) || !isSeen) problems.add(`step ${step}: ${name} is not seen`);
      };
      // Not in the next frame, nor in the next task: on a busy computer those may be of the step after it.
      new MutationObserver(lookAtStep).observe(section, {
        attributeFilter: ['data-step'],
      });
      section.addEventListener('stage:report', () => {
        look('in the end');
        const found = JSON.stringify({ steps: steps.size, problems: [...problems] });
        section.setAttribute('data-report', found);
      });
    },
    { parts: PARTS, names: subjects },
  );
}

/** What {@link watch} has found so far. */
async function report(lab: LabPage): Promise<unknown> {
  return lab.section.evaluate((section) => {
    section.dispatchEvent(new CustomEvent('stage:report'));
    const found: unknown = JSON.parse(section.getAttribute('data-report') ?? 'null');
    return found;
  });
}

const SIZES = [
  { width: 1440, height: 800, labs: [...LABS.keys()] },
  { width: 820, height: 1180, labs: ['rot13-select', 'listener-backlog', 'rot13-fork'] },
  { width: 360, height: 740, labs: ['rot13-select', 'listener-reuseable-port', 'http-client'] },
];

for (const { width, height, labs } of SIZES) {
  test.describe(`at ${width} × ${height}`, () => {
    // Scrolling to a lab takes a while else, and on a busy computer the first step comes before it is over.
    test.use({ viewport: { width, height }, contextOptions: { reducedMotion: 'reduce' } });

    for (const id of labs) {
      test(`${id}: every step has its text and its terminal in the window, and nothing moves`, async ({
        page,
      }) => {
        const lab = await open(page, id);
        await watch(lab);
        await lab.button('Play scenario').click();
        const result = await lab.scenarioResult();
        await expect(lab.section, result).toHaveAttribute('data-scenario', 'passed');
        const { definition } = LABS.get(id) ?? {};
        const steps = definition?.scenario.length ?? NaN;
        expect(await report(lab)).toEqual({ steps, problems: [] });
        await lab.button('Clear').click();
        await lab.expectState('idle');
        expect(await report(lab)).toMatchObject({ problems: [] });
      });
    }

    test('nothing moves when a run begins, is typed into, stopped and cleared', async ({
      page,
    }) => {
      const lab = await open(page, 'rot13-select');
      await watch(lab);
      await lab.run('alice', 'bob');
      await lab.type('alice', 'hello\n');
      await lab.expectText('alice', /hello\nuryyb/);
      expect(await report(lab)).toMatchObject({ problems: [] });
      await lab.button('Stop').click();
      await lab.expectState('stopped');
      expect(await report(lab)).toMatchObject({ problems: [] });
      await lab.button('Clear').click();
      await lab.expectState('idle');
      expect(await report(lab)).toMatchObject({ problems: [] });
    });
  });
}

test('Run becomes Stop and keeps the focus, which then goes to whom the reader may type with', async ({
  page,
}) => {
  const lab = await open(page, 'two-sockets-blocking');
  await lab.button('Run').focus();
  await page.keyboard.press('Enter');
  await expect(lab.button('Stop')).toBeVisible();
  await expect(lab.terminal('bob').getByRole('textbox')).toBeFocused();
  await expect(lab.status).toHaveText(
    'Running in a sandbox of your own. Type a line into Bob’s terminal.',
  );
  await page.keyboard.type('hello\n');
  await expect(lab.status).toHaveText('Running: 1 program and 2 clients in a sandbox of your own.');
  const clock = lab.section.locator('[data-clock]');
  await expect(clock).toHaveText(/^\d:\d\d · \d:\d\d left$/);
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  await expect(clock).toHaveText(/^over after \d:\d\d$/);
  await expect(lab.button('Run')).toBeFocused();
});

test('the second click of a double click does not stop what the first began', async ({ page }) => {
  const lab = await open(page, 'echo-listener');
  await lab.button('Run').dblclick();
  await lab.expectState('running');
  await lab.expectText('alice', 'Connected to');
});

test('the code is behind the output, and beside it where there is room', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 800 });
  const lab = await open(page, 'rot13-select');
  const code = lab.section.locator('[data-program="server.ts"]');
  await expect(code.getByText('function takeDescriptorsBelow')).toBeHidden();
  await lab.button('server.ts').click();
  await expect(code.getByText('function takeDescriptorsBelow')).toBeVisible();
  // Its length moves nothing.
  const stage = await lab.section.locator('.lab-stage').boundingBox();
  expect(stage?.height).toBeLessThanOrEqual(800 - 64);
  await lab.button('Output of server').click();
  await expect(code.getByText('function takeDescriptorsBelow')).toBeHidden();
  await page.goto('/');
  const first = new LabPage(page, 'two-sockets-blocking');
  const boxes = await Promise.all(
    [first.section.locator('.program-code'), first.terminal('server')].map((each) =>
      each.boundingBox(),
    ),
  );
  const [shown, output] = boxes;
  if (!shown || !output) throw new Error('the code or the output is not shown');
  expect(output.x).toBeGreaterThan(shown.x + shown.width - 1);
});

test('what a way is called is read whole, and so are the state of a program and its gauges', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const id of ['echo-completion', 'rot13-event', 'listener-reuseable-port']) {
    const lab = await open(page, id);
    const ways = lab.section.locator('[data-ways]');
    for (const menu of await ways.all()) {
      const missing = await menu.evaluate((shown) => {
        const { width } = shown.getBoundingClientRect();
        const whole = shown.cloneNode(true);
        if (!(whole instanceof HTMLElement)) throw new Error('the copy is no element');
        whole.style.cssText = 'position: absolute; width: max-content; max-width: none';
        shown.after(whole);
        const needed = whole.getBoundingClientRect().width;
        whole.remove();
        return needed - width;
      });
      expect(missing, id).toBeLessThanOrEqual(0.5);
    }
    const cut = await lab.section
      .locator('.lab-pane[data-kind="server"] :is(.lab-pane-state, .lab-gauges)')
      .evaluateAll(
        (parts) =>
          parts.filter((part) => {
            const isHidden = getComputedStyle(part).overflowX !== 'visible';
            return isHidden && part.scrollWidth > part.clientWidth;
          }).length,
      );
    expect(cut, id).toBe(0);
  }
});

test('in a window as low as a small laptop’s, every terminal has two rows at least', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1366, height: 650 });
  for (const id of ['rot13-event', 'backpressure', 'listener-threadsafe']) {
    const lab = await open(page, id);
    await watch(lab);
    await lab.button('Run').click();
    await lab.expectState('running');
    const terminals = lab.section.locator('readable-terminal');
    for (const terminal of await terminals.all()) {
      await expect(terminal.locator('.xterm-screen')).toBeAttached();
      const lines = await terminal.evaluate((shown) => {
        const { bottom } = shown.getBoundingClientRect();
        return [...shown.querySelectorAll('.xterm-rows > div')].filter(
          (row) => row.getBoundingClientRect().bottom <= bottom,
        ).length;
      });
      const name = (await terminal.getAttribute('data-terminal')) ?? '';
      expect(lines, `${id}: ${name}`).toBeGreaterThanOrEqual(2);
    }
    expect(await report(lab), id).toMatchObject({ problems: [] });
    await lab.button('Workbench').click();
    for (const terminal of await terminals.all()) {
      const { height = 0 } = (await terminal.boundingBox()) ?? {};
      const row = await terminal.locator('.xterm-rows > div').first().boundingBox();
      const name = (await terminal.getAttribute('data-terminal')) ?? '';
      expect(height, `${id} in the workbench: ${name}`).toBeGreaterThan(2 * (row?.height ?? NaN));
    }
    await lab.button('Back to the page').click();
  }
});

for (const [width, height] of [
  [820, 1180],
  [1180, 820],
] as const) {
  test.describe(`on a tablet of ${width} × ${height}`, () => {
    test.use({ viewport: { width, height }, hasTouch: true, isMobile: true });

    test('every client’s terminal has two rows, and nothing moves when one comes to the front', async ({
      page,
    }) => {
      const lab = await open(page, 'rot13-event');
      await watch(lab);
      await lab.button('Run').tap();
      await lab.expectText('bob', 'Connected to');
      await lab.terminal('server').tap();
      await expect(lab.section.locator('[data-pane="server"]')).toHaveAttribute('data-front');
      await lab.terminal('bob').tap();
      await expect(lab.section.locator('[data-pane="bob"]')).toHaveAttribute('data-front');
      for (const pane of await lab.section.locator('.lab-pane').all()) {
        const { shown, row } = await pane.evaluate((element) => {
          const { bottom } = element.getBoundingClientRect();
          const top = element.querySelector('readable-terminal')?.getBoundingClientRect().top;
          const rows = element.querySelector('.xterm-rows > div');
          return { shown: bottom - (top ?? NaN), row: rows?.getBoundingClientRect().height ?? NaN };
        });
        const name = (await pane.getAttribute('data-pane')) ?? '';
        expect(shown, name).toBeGreaterThan(2 * row);
      }
      expect(await report(lab)).toMatchObject({ problems: [] });
    });
  });
}

test.describe('on a phone without JavaScript', () => {
  test.use({ viewport: { width: 360, height: 740 }, javaScriptEnabled: false });

  test('a program that is opened lies over nothing', async ({ page }) => {
    await page.goto('/blocking/');
    const lab = page.locator('[data-lab="two-sockets-blocking"]');
    const program = lab.locator('.lab-program').first();
    await program.locator('summary').click();
    const code = await program.boundingBox();
    const whole = await lab.boundingBox();
    if (!code || !whole) throw new Error('the program or its lab is not shown');
    expect(code.height).toBeGreaterThan(1000);
    expect(code.y + code.height).toBeLessThanOrEqual(whole.y + whole.height);
  });
});

test('? and Keys list the keys; Escape closes the list, and the focus is where it was', async ({
  page,
}) => {
  const lab = await open(page, 'echo-listener');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await lab.button('Keys').click();
  await expect(dialog).toContainText('Ctrl-D');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(lab.button('Keys')).toBeFocused();
  await page.keyboard.press('?');
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await lab.run('alice', 'bob');
  await lab.type('alice', 'why?\n');
  await lab.expectText('alice', /why\?\nwhy\?/);
  await expect(dialog).toHaveCount(0);
});

test('each button says what it does', async ({ page }) => {
  const lab = await open(page, 'http-client');
  const silent = await lab.section
    .locator('.lab-bar button, .lab-pane-head button, .lab-tools button, .lab-line button')
    .evaluateAll((buttons) =>
      buttons
        .filter((button) => !button.hasAttribute('hidden') && !button.getAttribute('title'))
        .map(({ textContent }) => textContent),
    );
  expect(silent).toEqual([]);
});

test('of many clients, those that nothing happens in are folded to their heads', async ({
  page,
}) => {
  const lab = await open(page, 'echo-listener');
  await lab.run('alice', 'bob');
  const { height = NaN } = (await lab.section.locator('.lab-stage').boundingBox()) ?? {};
  expect(height).toBeGreaterThan(0);
  const connect = lab.button('Connect a client');
  while (await connect.isEnabled()) {
    const count = await lab.section.locator('[data-kind="client"][data-phase="connected"]').count();
    await connect.click();
    await expect(lab.section.locator('[data-kind="client"][data-phase="connected"]')).toHaveCount(
      count + 1,
    );
  }
  await expect(lab.section.locator('.lab-pane[data-folded]')).toHaveCount(5);
  const stage = await lab.section.locator('.lab-stage').boundingBox();
  expect(stage?.height).toBe(height);
  const last = lab.section.locator('.lab-clients .lab-pane').last();
  const name = (await last.getAttribute('data-pane')) ?? '';
  await last.locator('.lab-pane-name').click();
  await expect(last).not.toHaveAttribute('data-folded');
  await lab.type(name, 'unfolded\n');
  await lab.expectText(name, /unfolded\nunfolded/);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('a tab is marked when something happens behind it, until it is looked at', async ({
    page,
  }) => {
    const lab = await open(page, 'echo-listener');
    await lab.button('Run').tap();
    await lab.expectText('bob', 'Connected to');
    const tab = lab.section.locator('[data-tab="bob"]');
    await lab.bringForward('bob');
    await expect(tab).toHaveAccessibleName('bob');
    await lab.bringForward('server');
    await lab.bringForward('alice');
    const server = lab.section.locator('[data-tab="server"]');
    await expect(server).toHaveAccessibleName('server');
    await lab.button('Connect a client').tap();
    await expect(server).toHaveAccessibleName('server new output');
    await lab.bringForward('server');
    await expect(server).toHaveAccessibleName('server');
  });
});
