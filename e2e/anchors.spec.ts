/** Addresses of labs: where they lead, which way they choose, and how a reader comes by one. */
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** A lab with ways, further down on its page. */
const LAB = 'rot13-event';

async function open(page: Page, address: string): Promise<LabPage> {
  await page.goto(address);
  const lab = new LabPage(page, LAB);
  await expect(lab.section).toHaveAttribute('data-ready');
  return lab;
}

/** The ways of a lab, by name; the first is the one that is chosen when nobody says anything. */
async function ways(lab: LabPage): Promise<{ all: string[]; chosen: string[] }> {
  const options = lab.section.locator('[data-ways] option');
  const values = (of: typeof options): Promise<string[]> =>
    of.evaluateAll((each) => each.map((option) => option.getAttribute('value') ?? ''));
  return {
    all: await values(options),
    chosen: await values(lab.section.locator('[data-ways] option:checked')),
  };
}

/** Waits until the head of the lab is seen whole, below the page's header. */
async function expectAtLab(lab: LabPage): Promise<void> {
  await expect(lab.section.locator('.lab-head')).toBeInViewport({ ratio: 1 });
  await expect
    .poll(() =>
      lab.section.evaluate((section) => {
        const header = document.querySelector('header');
        const top = section.getBoundingClientRect().top;
        return top - (header?.getBoundingClientRect().bottom ?? 0) > -24 && top < innerHeight / 2;
      }),
    )
    .toBe(true);
}

for (const width of [1440, 360]) {
  test(`a link leads to the lab, below the header, at ${width} pixels`, async ({ page }) => {
    await page.setViewportSize({ width, height: 740 });
    await expectAtLab(await open(page, `/events/#lab-${LAB}`));
    // With more in the fragment, a browser alone would stay at the top.
    await page.goto('about:blank');
    await expectAtLab(await open(page, `/events/#lab-${LAB}&edit=abc`));
  });
}

test('a link chooses the way, and the lab runs in it', async ({ page }) => {
  const { all } = await ways(await open(page, '/events/'));
  const [first = '', second = ''] = all;
  const lab = await open(page, `/events/?way=${second}#lab-${LAB}`);
  expect(await ways(lab)).toEqual({ all, chosen: [second] });
  await expectAtLab(lab);
  expect(second).not.toBe(first);
  await lab.run();
  // What the program says of itself.
  await lab.expectText('server', `with ${second}`);
});

test('the button copies the link to the lab, in the way that is chosen', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const lab = await open(page, '/events/?pace=0');
  const { all } = await ways(lab);
  const copies = async (link: string): Promise<void> => {
    await lab.button('Copy link to this lab').click();
    await expect(lab.section.getByText('Link copied')).toBeVisible();
    // Those words may still be there from the time before.
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  };
  const { origin } = new URL(page.url());
  await copies(`${origin}/events/#lab-${LAB}`);
  await lab.choose(all[1] ?? '');
  const link = `${origin}/events/?way=${all[1]}#lab-${LAB}`;
  await copies(link);
  const other = await open(await context.newPage(), link);
  expect(await ways(other)).toEqual({ all, chosen: [all[1]] });
  await expectAtLab(other);
});

test('where there is no clipboard, the link is in the address bar', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
  });
  const lab = await open(page, '/events/');
  await lab.button('Copy link to this lab').focus();
  await page.keyboard.press('Enter');
  await expect(lab.section.getByText('The link is in the address bar')).toBeVisible();
  expect(new URL(page.url()).hash).toBe(`#lab-${LAB}`);
});

test('a lab or a way that is not there is passed over', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const usual = (await ways(await open(page, '/events/'))).chosen;
  for (const address of [
    ...[
      '?way=no-such-way',
      `?way=no-such-way#lab-${LAB}`,
      '?way=%22%5D%3Cimg%3E',
      '#lab-no-such-lab',
    ],
    ...['?way=poll#lab-no-such-lab&edit=abc', '#lab-%22%5D', `#${'x'.repeat(5000)}`],
  ]) {
    const lab = await open(page, `/events/${address}`);
    expect((await ways(lab)).chosen, address).toEqual(usual);
    await expect(lab.button('Run')).toBeEnabled();
  }
  expect(errors).toEqual([]);
});

test('where a lab was before it moved, a link leads to where it is', async ({ page }) => {
  await page.goto('/listeners/#lab-listener-ipv6only');
  const place = page.locator('#lab-listener-ipv6only');
  await expect(place).toBeInViewport();
  await place.locator('xpath=..').getByRole('link').click();
  await expect(page).toHaveURL(/\/listener-flags\/#lab-listener-ipv6only$/);
  await expect(new LabPage(page, 'listener-ipv6only').section).toBeInViewport();
});
