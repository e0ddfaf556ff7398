import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

const open = (page: Page): Promise<LabPage> => LabPage.open(page, 'listeners', 'echo-listener');

test('before a run: idle, named, and nothing in the terminals', async ({ page }) => {
  const lab = await open(page);
  await lab.expectState('idle');
  await expect(lab.section).toHaveAccessibleName(/echo server/i);
  for (const name of ['server', 'alice', 'bob']) expect(await lab.text(name)).toBe('');
  await expect(lab.button('Run')).toBeEnabled();
  await expect(lab.button('Stop')).toHaveCount(0);
});

test('Run starts the program; alice and bob get their own lines back, interleaved', async ({
  page,
}) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  expect(await lab.text('server')).toMatch(/^Listening on port 9876\n/);
  await lab.expectText('server', /(Connection from 127\.0\.0\.1[^]*){2}/);
  await lab.type('alice', 'first of al');
  await lab.type('bob', 'bob in between\n');
  await lab.expectText('bob', /bob in between\nbob in between/);
  await lab.type('alice', 'ice\n');
  await lab.expectText('alice', /first of alice\nfirst of alice/);
  expect(await lab.text('bob')).not.toContain('alice');
  await expect(lab.status).toContainText(/running/i);
});

test('a third client connects; a client that is ended can connect again', async ({ page }) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  await lab.button('Connect a client').click();
  await lab.expectText('carol', 'Connected to 127.0.0.1:9876');
  await lab.type('carol', 'hello\n');
  await lab.expectText('carol', /hello\nhello/);
  await lab.press('alice', 'Control+d');
  await lab.expectText('server', 'end of file');
  await lab.expectText('alice', 'You closed your side.');
  await lab.expectText('alice', 'The server closed the connection.');
  await lab.button(/^Reconnect alice/).click();
  await lab.expectText(
    'alice',
    /The server closed the connection[^]*Connected to 127\.0\.0\.1:9876/,
  );
  await lab.type('alice', 'again\n');
  await lab.expectText('alice', /again\nagain/);
});

test('no text that somebody types or a server sends is taken for the state of a client', async ({
  page,
}) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  const state = lab.section.locator('[data-pane="alice"] [data-pane-state]');
  await lab.type('alice', 'You closed your side.\n');
  await lab.expectText('alice', /You closed your side\.\nYou closed your side\./);
  await expect(state).toHaveText('connected');
  await lab.type('alice', 'still here\n');
  await lab.expectText('alice', /still here\nstill here/);
  await lab.button('Hang up alice').click();
  await expect(state).toHaveText('ended');
  await lab.expectText(
    'alice',
    /You closed your side\.\n(?:.*\n)*.*The server closed the connection/,
  );
});

test('a line that was begun is sent by Ctrl-D, and still comes back', async ({ page }) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  await lab.type('bob', 'owed');
  await lab.press('bob', 'Control+d');
  await lab.press('bob', 'Control+d');
  await lab.expectText('bob', /4 bytes sent, 4 received/);
});

test('Stop ends everything, and the port is free for the next run at once', async ({ page }) => {
  const lab = await open(page);
  for (let run = 0; run < 3; run++) {
    await lab.run('alice', 'bob');
    await lab.button('Stop').click();
    await lab.expectState('stopped');
    await expect(lab.status).toContainText(/you stopped it/i);
  }
});

test('Clear goes back to an empty page', async ({ page }) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  await lab.button('Clear').click();
  await lab.expectState('idle');
  for (const name of ['server', 'alice', 'bob']) expect(await lab.text(name)).toBe('');
});

test('Ctrl-C in the server terminal kills the server, and the status says by what', async ({
  page,
}) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  await lab.expectText('server', /(Connection from 127\.0\.0\.1[^]*){2}/);
  await lab.press('server', 'Control+c');
  await lab.expectState('exited');
  await expect(lab.status).toContainText('SIGINT');
  await lab.expectText('bob', 'The server closed the connection.');
  await lab.run('alice', 'bob');
});

test('two tabs run the same lab on the same port at the same time', async ({ context }) => {
  const tabs = await Promise.all([context.newPage(), context.newPage()]);
  const labs = await Promise.all(tabs.map(open));
  for (const lab of labs) await lab.run('alice', 'bob');
  for (const [index, lab] of labs.entries()) await lab.type('alice', `tab ${index}\n`);
  for (const [index, lab] of labs.entries()) {
    await lab.expectText('alice', new RegExp(`tab ${index}\ntab ${index}`));
    expect(await lab.text('alice')).not.toContain(`tab ${1 - index}`);
  }
});

test('a long paste goes out in pieces and comes back whole, every line', async ({ page }) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  // Many lines, 100 KB in all.
  const lines = Array.from({ length: 1600 }, (_, index) => `${index} ${'x'.repeat(58)}`);
  await lab.paste('alice', lines.join('\n') + '\n');
  // On the screen the terminal’s echo and what came back can stand within each other: the client counts.
  await lab.press('alice', 'Control+d');
  const bytes = lines.join('\n').length + 1;
  await lab.expectText('alice', `${bytes} bytes sent, ${bytes} received`);
});

test('a window can change its size while the program runs', async ({ page }) => {
  const lab = await open(page);
  await lab.run('alice', 'bob');
  await page.setViewportSize({ width: 500, height: 900 });
  await lab.type('alice', 'narrower\n');
  await lab.expectText('alice', /narrower\nnarrower/);
});
