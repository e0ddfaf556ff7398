/** A server without a free place: its readers wait in a queue, leave it, and are let in. */
import type { BrowserContext, Page } from '@playwright/test';
import { CuttableProxy } from '../testing/cuttable-proxy.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** The echo server’s lab on a page of its own, ready for clicks. */
async function open(context: BrowserContext, url: string): Promise<LabPage> {
  const page = await context.newPage();
  await page.goto(`${url}listeners/?pace=0`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  return lab;
}

/** A server with so many places. */
function serverWith(places: number, more: Record<string, string> = {}): Promise<ServerProcess> {
  return ServerProcess.start({ environment: { READABLE_SESSIONS: String(places), ...more } });
}

/** Clicks Run, and waits to be in the queue. */
async function queue(lab: LabPage): Promise<void> {
  await lab.button('Run').click();
  await lab.expectState('queued');
}

async function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
}

test('who finds no place waits, sees where they are, and is let in by itself', async ({
  context,
}) => {
  await using server = await serverWith(1);
  const first = await open(context, server.url);
  await first.run('alice', 'bob');
  const second = await open(context, server.url);
  await queue(second);
  await expect(second.status).toHaveText(
    'All places are taken. Your run is next. It starts by itself; Stop leaves the queue.',
  );
  await expect(second.button('Run')).toHaveCount(0);
  await expect(second.button('Play scenario')).toBeDisabled();
  await expect(second.button('Connect a client')).toBeDisabled();
  await expect(second.button('Stop')).toBeEnabled();
  const third = await open(context, server.url);
  await queue(third);
  await expect(third.status).toContainText('1 run is ahead of yours in the queue.');

  // The reader does something else meanwhile, and stays there.
  await second.page.locator('a').first().focus();
  const before = await focused(second.page);
  await first.button('Stop').click();
  await second.expectState('running');
  expect(await focused(second.page)).toBe(before);
  for (const client of ['alice', 'bob']) await second.expectText(client, 'Connected to 127.0.0.1');
  await second.type('alice', 'let in\n');
  await second.expectText('alice', /let in\r?\nlet in/);

  await expect(third.status).toContainText('Your run is next.');
  await third.button('Stop').click();
  await third.expectState('stopped');
  await expect(third.status).toHaveText('You left the queue. Click Run to join it again.');
});

test('a scenario waits for its place, and is then played', async ({ context }) => {
  await using server = await serverWith(1);
  const first = await open(context, server.url);
  await first.run('alice', 'bob');
  const second = await open(context, server.url);
  await second.button('Play scenario').click();
  await second.expectState('queued');
  await first.button('Stop').click();
  await second.scenarioResult();
  await expect(second.section).toHaveAttribute('data-scenario', 'passed');
});

test('nobody waits behind a page that was closed', async ({ context }) => {
  await using server = await serverWith(1, { READABLE_HOLD: '600' });
  const [first, second, third] = [
    await open(context, server.url),
    await open(context, server.url),
    await open(context, server.url),
  ];
  await first.run('alice', 'bob');
  await queue(second);
  await queue(third);
  await expect(third.status).toContainText('1 run is ahead of yours');
  await second.page.close();
  await expect(third.status).toContainText('Your run is next.');
  await first.page.close();
  await third.expectState('running');
});

test('a page that loses its connection keeps its place in the queue', async ({ context }) => {
  await using server = await serverWith(1, { READABLE_HOLD: '600' });
  await using network = await CuttableProxy.start(server.port);
  const first = await open(context, server.url);
  await first.run('alice', 'bob');
  const second = await open(context, network.url);
  await queue(second);
  network.cut();
  await expect(second.status).toContainText('Trying again');
  await second.expectState('queued');
  const third = await open(context, server.url);
  await queue(third);
  network.mend();
  await expect(second.status).toContainText('Your run is next.');
  await expect(third.status).toContainText('1 run is ahead of yours');
  await first.button('Stop').click();
  await second.expectState('running');
  await third.expectState('queued');
});

test('a run in which nothing happens is told, and gives its place to one that waits', async ({
  context,
}) => {
  await using server = await serverWith(1, { READABLE_IDLE: '2' });
  const first = await open(context, server.url);
  await first.run('alice', 'bob');
  await expect(first.status).toContainText('Nothing has happened here for 2 seconds');
  await first.expectState('running');
  const second = await open(context, server.url);
  await second.button('Run').click();
  await first.expectState('stopped');
  await expect(first.status).toHaveText(
    'This run gave its place to one that was waiting: nothing had happened here for 2 seconds. Click Run for another.',
  );
  await expect(first.button('Run')).toBeEnabled();
  await second.expectState('running');
});

test('a tab that is not looked at says in its title that its run has begun', async ({
  context,
}) => {
  await using server = await serverWith(1);
  const first = await open(context, server.url);
  await first.run('alice', 'bob');
  const second = await open(context, server.url);
  const title = await second.page.title();
  await queue(second);
  // Headless, every tab is looked at.
  await second.page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
  });
  await first.button('Stop').click();
  await expect(second.page).toHaveTitle(/^Running now: /);
  await second.page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: false });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(second.page).toHaveTitle(title);
});

test('a reader who has all their runs is told how many, and what to do', async ({ context }) => {
  await using server = await serverWith(3, { READABLE_PER_READER: '1' });
  const first = await open(context, server.url);
  await first.run('alice', 'bob');
  const second = await open(context, server.url);
  await second.button('Run').click();
  await second.expectState('failed');
  await expect(second.status).toContainText('Your address has a run already');
  await expect(second.status).toContainText('Stop it first.');
});
