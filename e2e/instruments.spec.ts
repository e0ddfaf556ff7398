/** What labs show beside their terminals: gauges, the process tree, descriptor sets, ways to run. */
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

test('the process tree grows with each client and shrinks when one leaves', async ({ page }) => {
  const lab = await LabPage.open(page, 'processes', 'rot13-fork');
  const gauge = lab.section.locator('[data-gauges="server"] [data-gauge="processes"] dd');
  const tree = lab.section.getByRole('list', { name: 'Process tree of server' });
  await expect(tree).toBeHidden();
  await lab.run('alice', 'bob');
  await expect(gauge).toHaveText('3');
  await lab.button('Connect a client').click();
  await expect(gauge).toHaveText('4');
  await expect(tree.getByText(/^process \d+$/)).toHaveCount(4);
  await lab.press('bob', 'Control+d');
  await expect(gauge).toHaveText('3');
  await lab.button('Stop').click();
  await lab.expectState('stopped');
});

test('a loop that never waits keeps its processor busy, and says with what', async ({ page }) => {
  const lab = await LabPage.open(page, 'nonblocking', 'two-sockets-nonblocking');
  await lab.run('alice', 'bob');
  const calls = lab.section.locator('[data-gauge="calls"] dd');
  await expect(calls).toHaveText(/^[\d,]{5,}, most of them recv$/);
  await lab.button('Clear').click();
  await expect(calls).toHaveText('–');
});

test('the sets of select() are drawn: who is asked about, and who has something', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'select', 'two-sockets-select');
  await lab.choose('plain');
  await lab.run('alice', 'bob');
  const read = lab.section.locator('[data-set="read"]');
  const state = lab.section.locator('[data-select-state]');
  await expect(state).toHaveText(/The program is in select\(\d+/);
  await expect(read.locator('.lab-bit')).toHaveCount(2);
  const [alice, bob] = ((await read.locator('[data-members]').textContent()) ?? '').split(', ');
  expect(Number(bob)).toBeGreaterThan(Number(alice));
  await lab.type('bob', 'hello\n');
  await expect(read.locator('[data-ready-members]')).toHaveText(bob ?? '');
  await expect(read.locator('.lab-bit')).toHaveCount(2);
});

test('the chosen way is the one that runs, and is kept while it does', async ({ page }) => {
  const lab = await LabPage.open(page, 'events', 'rot13-event');
  for (const method of ['select', 'poll', 'epoll']) {
    await lab.choose(method);
    await lab.button('Run').click();
    await lab.expectText('server', new RegExp(`\\b${method}\\b`));
    await expect(lab.section.getByLabel('Way to run')).toBeDisabled();
    await lab.button('Stop').click();
    await lab.expectState('stopped');
  }
});

test('a program on demand is started by its button, in the way that is chosen, and again', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'blocking', 'http-client');
  const start = lab.button(/^Start http-client/);
  await expect(start).toBeDisabled();
  await lab.button('Run').click();
  await expect(start).toBeEnabled();
  const ways = lab.section.getByLabel('How to start http-client');
  const refused = await ways.locator('option', { hasText: /port|listens/i }).getAttribute('value');
  await ways.selectOption(refused);
  await start.click();
  await lab.expectText('http-client', /ECONNREFUSED|[Rr]efused/);
  await lab.button(/^Start again http-client/).click();
  await lab.expectText('http-client', /([Rr]efused[^]*){2}/);
});

test('clients that connect later have their place and their button', async ({ page }) => {
  const lab = await LabPage.open(page, 'listener-flags', 'listener-ipv6only');
  await lab.button('Run').click();
  await lab.expectState('running');
  const connect = lab.button(/^Connect (alice|bob)/).first();
  await expect(connect).toBeEnabled();
  const name = /Connect (\w+)/.exec((await connect.textContent()) ?? '')?.[1] ?? '';
  await connect.click();
  await lab.expectText(name, /Connected to|refused/);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true });

  test('a client has an input line and a button to send it', async ({ page }) => {
    const lab = await LabPage.open(page, 'listeners', 'echo-listener');
    const line = lab.section.getByLabel('A line for alice');
    await expect(line).toBeDisabled();
    await lab.button('Run').tap();
    await lab.expectText('alice', 'Connected to');
    await lab.bringForward('alice');
    await line.fill('from a phone');
    await line
      .locator('xpath=..')
      .getByRole('button', { name: 'Send for alice', exact: true })
      .tap();
    await lab.expectText('alice', /from a phone\nfrom a phone/);
    await expect(line).toHaveValue('');
    await line.fill('with Enter');
    await line.press('Enter');
    await lab.expectText('alice', /with Enter\nwith Enter/);
  });
});

test('on a wide screen with a keyboard the terminals are typed into directly', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await expect(lab.section.getByLabel('A line for alice')).toBeHidden();
});
