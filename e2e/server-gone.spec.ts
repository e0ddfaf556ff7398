import { expect, test } from '@playwright/test';
import { LabPage } from './lab-page.ts';
import { ServerProcess } from '../testing/server-process.ts';

test('the server goes while a program runs: the page says so, and why the run is gone when it is back', async ({
  page,
}) => {
  const first = await ServerProcess.start();
  const { port } = first;
  await page.goto(`${first.url}listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await lab.run('alice', 'bob');
  await first.stop('SIGKILL');
  await expect(lab.status).toContainText(/lost\. Trying again/i);
  const second = await ServerProcess.start({ environment: { PORT: String(port) } });
  try {
    await lab.expectState('failed');
    await expect(lab.status).toContainText('the sandbox server no longer had this run');
    await lab.run('alice', 'bob');
    await lab.type('alice', 'recovered\n');
    await lab.expectText('alice', /recovered\nrecovered/);
  } finally {
    await second.stop();
  }
});

test('the server is gone before the first Run: the page says so too', async ({ page }) => {
  const server = await ServerProcess.start();
  await page.goto(`${server.url}listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await server.stop();
  await lab.button('Run').click();
  await lab.expectState('failed');
  await expect(lab.status).not.toBeEmpty();
});

test('an orderly shutdown is told apart from a lost connection', async ({ page }) => {
  const server = await ServerProcess.start();
  await page.goto(`${server.url}listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await lab.run('alice', 'bob');
  expect(await server.stop()).toBe(0);
  await lab.expectState('failed');
  await expect(lab.status).toContainText('was shut down');
  const again = await ServerProcess.start({ environment: { PORT: String(server.port) } });
  try {
    await expect(lab.status).toHaveText(
      'The sandbox server was shut down, so this run is gone. The sandbox server is back. Click Run.',
    );
    await lab.run('alice', 'bob');
  } finally {
    await again.stop();
  }
});

test('a full server without a queue says so, and the next try works when there is room', async ({
  context,
}) => {
  const environment = { READABLE_SESSIONS: '1', READABLE_QUEUE: '0' };
  const server = await ServerProcess.start({ environment });
  try {
    const labs: LabPage[] = [];
    for (let tab = 0; tab < 2; tab++) {
      const page = await context.newPage();
      await page.goto(`${server.url}listeners/`);
      const lab = new LabPage(page, 'echo-listener');
      await expect(lab.section).toHaveAttribute('data-ready');
      labs.push(lab);
    }
    const [first, second] = labs;
    if (!first || !second) throw new Error('two tabs were opened');
    await first.run('alice', 'bob');
    await second.button('Run').click();
    await second.expectState('failed');
    await expect(second.status).toContainText(/no room/i);
    await first.button('Stop').click();
    await first.expectState('stopped');
    await second.run('alice', 'bob');
  } finally {
    await server.stop();
  }
});

test('limits end a run in words', async ({ page }) => {
  const server = await ServerProcess.start({ environment: { READABLE_TIME_LIMIT: '2' } });
  try {
    await page.goto(`${server.url}listeners/`);
    const lab = new LabPage(page, 'echo-listener');
    await expect(lab.section).toHaveAttribute('data-ready');
    await lab.button('Run').click();
    await expect(lab.status).toContainText(/time limit/i);
  } finally {
    await server.stop();
  }
});
