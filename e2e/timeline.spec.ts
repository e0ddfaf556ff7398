/** The timeline of a run, the marks in the source, and what the kernel holds. */
import AxeBuilder from '@axe-core/playwright';
import { findLine, shownProgram } from '../testing/shown-line.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { toldCalls } from './told-calls.ts';

/** The calls that go on, as `server recv 46 alice`. */
async function open(lab: LabPage): Promise<string[]> {
  return (await toldCalls(lab))
    .filter(({ end }) => end === null)
    .map(({ process, name, line, client }) =>
      [process, name, line ?? '?', client ?? 'nobody'].join(' '),
    );
}

const pipe = (lab: LabPage, client: string, way: 'to' | 'from') =>
  lab.section.locator(`[data-pipes="${client}"] [data-pipe="${way}"]`);

test('Bob’s line lies in the kernel while the server waits for Alice, at the line that says so', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'blocking', 'two-sockets-blocking');
  const line = findLine(shownProgram('two-sockets-blocking'), 'const n = recv(fd');
  await lab.run('alice', 'bob');
  await expect.poll(() => open(lab)).toEqual([`server recv ${line} alice`]);
  await lab.type('bob', 'I have 15 byte\n');
  await expect(pipe(lab, 'bob', 'to')).toHaveAttribute('data-came', '15');
  await expect(pipe(lab, 'bob', 'to')).toHaveAccessibleName(/15 bytes have arrived and wait/);
  await lab.showProgram();
  const mark = lab.section.locator('.program-code .ec-line[data-here="waits"]');
  await expect(mark).toContainText('const n = recv(fd');
  await expect(lab.section.locator('.line-mark')).toHaveText(/^recv\(\d+\), [\d.]+ m?s · alice$/);
  await lab.type('alice', 'hello\n');
  await expect(pipe(lab, 'bob', 'to')).toHaveAttribute('data-came', '0');
  await expect
    .poll(async () => (await toldCalls(lab)).map(({ text }) => text))
    .toContainEqual(expect.stringMatching(/^recv\(\d+, 1024 bytes\) = 15, .*I have 15 byte/));
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  await expect.poll(() => open(lab)).toEqual([]);
  await expect(mark).toHaveCount(0);
});

test('each child of a server that forks waits for its own client', async ({ page }) => {
  const lab = await LabPage.open(page, 'processes', 'rot13-fork');
  await lab.run('alice', 'bob');
  await lab.button('Connect a client').click();
  await lab.expectText('carol', 'Connected to');
  const line = findLine(shownProgram('rot13-fork'), 'recv(fd, inbuf');
  await expect
    .poll(async () => {
      const waiting = (await open(lab)).filter((call) => call.includes(' recv '));
      return waiting.map((call) => call.replace(/process \d+/, 'a process')).sort();
    })
    .toEqual(['alice', 'bob', 'carol'].map((name) => `server, a process recv ${line} ${name}`));
  const tree = lab.section.getByRole('list', { name: 'Process tree of server' });
  for (const client of ['alice', 'bob', 'carol']) {
    const child = tree.getByRole('listitem').filter({ hasText: client }).last();
    await expect(child).toContainText('recv');
  }
});

test('an event server waits in epoll_wait, then runs the callback of who has said something', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'events', 'rot13-event');
  await lab.run('alice', 'bob');
  const line = findLine(shownProgram('rot13-event'), 'base.dispatch();');
  await expect.poll(() => open(lab)).toEqual([`server epoll_wait ${line} nobody`]);
  await lab.section.locator('.lab-timeline > summary').click();
  const timeline = lab.section.locator('.lab-timeline-scroll');
  await expect(timeline.locator('canvas')).toBeVisible();
  await lab.type('bob', 'hello\n');
  await lab.expectText('bob', 'uryyb');
  const told = lab.section.locator('[data-timeline-told]');
  await timeline.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowRight');
  await expect(told).toContainText('epoll_wait');
  await page.keyboard.press('ArrowUp');
  await expect(told).toContainText('callback for ');
  // The timer of the program may have gone off since.
  await expect
    .poll(async () => {
      const text = await told.innerText();
      if (text.includes('EV_TIMEOUT')) await page.keyboard.press('ArrowLeft');
      return text;
    })
    .toMatch(/callback for .*EV_(READ|WRITE)/);
  await expect(told).toContainText('is Bob');
  await page.keyboard.press('Escape');
  await expect(told).not.toContainText('callback');
  const list = lab.section.getByRole('list', { name: 'The latest calls' });
  await expect(list.getByRole('listitem').first()).toContainText('epoll_wait');
  // The line of what is picked is lit as long as there is that call.
  const lit = lab.section.locator('.program-code [data-pointed]');
  await page.keyboard.press('ArrowRight');
  await expect(lit).toContainText('base.dispatch();');
  await lab.button('Clear').click();
  await expect(lit).toHaveCount(0);
});

test('the timeline is told in short, its keys at length, and axe finds nothing', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'processes', 'rot13-fork');
  await lab.section.locator('.lab-timeline > summary').click();
  await lab.run('alice', 'bob');
  const drawing = lab.section.getByRole('application', { name: 'Calls over time', exact: true });
  await expect(drawing).toHaveAccessibleDescription(/Left and Right go from call to call/);
  await lab.button('Zoom in').focus();
  await page.keyboard.press('Tab');
  await expect(drawing).toBeFocused();
  const told = lab.section.locator('[data-timeline-told]');
  await page.keyboard.press('ArrowRight');
  await expect(told).toHaveText(/^server: /);
  await page.keyboard.press('ArrowDown');
  await expect(told).toHaveText(/^server, process \d+: /);
  const { violations } = await new AxeBuilder({ page }).include('.lab-timeline').analyze();
  expect(violations).toEqual([]);
});

test('Home, End and the pages go through time', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  const timeline = lab.section.locator('.lab-timeline');
  await timeline.locator('summary').click();
  await lab.run('alice');
  const toNow = timeline.getByRole('button', { name: 'To now' });
  await timeline.getByRole('application').focus();
  for (const [away, back] of [
    ['Home', 'End'],
    ['PageUp', 'PageDown'],
    ['Space', 'Space'],
  ] as const) {
    await page.keyboard.press(away);
    await expect(toNow).toBeVisible();
    await page.keyboard.press(back);
    await expect(toNow).toBeHidden();
  }
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText(
    'go back and forward in time',
  );
});

test('what is picked keeps its place while one zooms', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.section.locator('.lab-timeline > summary').click();
  await lab.run('alice');
  await lab.type('alice', 'hello\n');
  await lab.expectText('alice', /hello\nhello/);
  const drawing = lab.section.getByRole('application', { name: 'Calls over time' });
  const told = lab.section.locator('[data-timeline-told]');
  // Of all that is on the timeline, each with who it was.
  const items = lab.section.getByRole('list', { name: 'The latest calls' }).getByRole('listitem');
  await expect(items.filter({ hasText: /^server: epoll_wait\(/ })).not.toHaveCount(0);
  await expect(items.filter({ hasText: /^server: callback for / })).not.toHaveCount(0);
  await expect(items.filter({ hasText: /^Alice (sent|received) 6 bytes/ })).toHaveCount(2);
  // Held, so that nothing moves meanwhile.
  await lab.button('Hold').click();
  const box = await drawing.boundingBox();
  if (!box) throw new Error('nothing is drawn');
  const y = box.y + 28;
  let x = box.x + 140;
  do {
    expect(x).toBeLessThan(box.x + box.width);
    await page.mouse.move((x += 3), y);
  } while (!(await told.innerText()).startsWith('Alice sent'));
  await page.mouse.down();
  await page.mouse.up();
  const picked = await told.innerText();
  const away = async (): Promise<void> => page.mouse.move(box.x + 20, y);
  const expectInPlace = async (): Promise<void> => {
    await page.mouse.move(x, y);
    await expect(told).toHaveText(picked);
    await page.mouse.move(x + 25, y);
    await expect(told).toHaveText(picked);
    await away();
  };
  await away();
  for (let count = 0; count < 3; count += 1) await page.keyboard.press('+');
  await expectInPlace();
  for (let count = 0; count < 3; count += 1) await lab.button('Zoom out').click();
  await expectInPlace();
  await page.mouse.move(x, y);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -200);
  await page.keyboard.up('Control');
  await expectInPlace();
});

test('the seats of a listener’s queue fill', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'listener-backlog');
  await lab.button('Run').click();
  await lab.expectState('running');
  const seats = lab.section.locator('[data-seats]');
  await expect(seats.locator('[data-taken]')).toHaveCount(2);
  await expect(seats).toContainText('2 of 2');
  await expect(seats).toContainText('Port 9876: 2 wait to be accepted, and there is room for 2.');
  await lab.button('Clear').click();
  await expect(seats.locator('[data-taken]')).toHaveCount(0);
});

test('the timeline stays as the reader left it, and can be held', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  const timeline = lab.section.locator('.lab-timeline');
  await expect(timeline).not.toHaveAttribute('open');
  await timeline.locator('summary').click();
  await page.reload();
  await expect(timeline).toHaveAttribute('open');
  await timeline.locator('summary').press('Enter');
  await page.reload();
  await expect(lab.section).toHaveAttribute('data-ready');
  await expect(timeline).not.toHaveAttribute('open');
  await timeline.locator('summary').press('Space');
  await page.reload();
  await expect(timeline).toHaveAttribute('open');
  await lab.run('alice');
  const hold = timeline.getByRole('button', { name: 'Hold' });
  await hold.click();
  await expect(timeline.getByRole('button', { name: 'To now' })).toBeVisible();
  await timeline.getByRole('button', { name: 'To now' }).click();
  await expect(hold).toBeVisible();
});

test('marks follow a program that the reader has changed', async ({ page }) => {
  const lab = await LabPage.open(page, 'blocking', 'two-sockets-blocking');
  await lab.button('Edit').click();
  const editor = lab.section.locator('[data-editor="server.ts"]');
  await editor.evaluate((element: Element & { text?: string }) => {
    element.text = `// One line more.\n${element.text ?? ''}`;
  });
  await lab.run('alice', 'bob');
  const line = findLine(shownProgram('two-sockets-blocking'), 'const n = recv(fd') + 1;
  await expect.poll(() => open(lab)).toEqual([`server recv ${line} alice`]);
  await expect(editor.locator('.cm-line[data-here="waits"]')).toContainText('const n = recv(fd');
});
