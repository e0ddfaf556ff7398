/** One echo server on epoll and on io_uring: what the page shows of the difference, and of who gets which. */
import { ServerProcess } from '../testing/server-process.ts';
import { whyNoUring } from '../testing/io-uring.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { toldCalls } from './told-calls.ts';

const CHAPTER = 'completion';
const LAB = 'echo-completion';
const why = whyNoUring();

/** The calls of the server for data, and in which it waits: each name once, in alphabetical order. */
async function namesOf(lab: LabPage): Promise<string[]> {
  const wanted = /^(?:epoll_wait|io_uring_enter|read|readv|recv|send|sendmsg|write|writev)$/;
  const calls = await toldCalls(lab);
  const names = calls.filter(({ process, name }) => process === 'server' && wanted.test(name));
  return [...new Set(names.map(({ name }) => name))].sort();
}

async function echoes(lab: LabPage): Promise<void> {
  await lab.run('alice', 'bob');
  await lab.type('alice', 'hello\n');
  await lab.expectText('alice', 'hello\nhello');
}

/** How many system calls the gauge says that each line costs. */
async function callsPerLine(lab: LabPage): Promise<number> {
  const text = await lab.section
    .locator('[data-gauges="server"] [data-gauge="callsPerLine"] dd')
    .textContent();
  return Number.parseFloat(text ?? '');
}

/** Sends the largest crowd, which talks, and waits until all of it is there. */
async function crowd(lab: LabPage): Promise<void> {
  const panel = lab.section.locator('[data-crowd]');
  await panel.locator(':scope > summary').click();
  await panel.getByRole('button', { name: 'talking', exact: true }).click();
  await panel.getByRole('button', { name: '1,000 clients', exact: true }).click();
  await expect(panel.locator('[data-crowd-state]')).toContainText('All 1,000 have come', {
    timeout: 60_000,
  });
}

test('on epoll every line costs a recv and a send', async ({ page }) => {
  const lab = await LabPage.open(page, CHAPTER, LAB);
  await echoes(lab);
  await expect.poll(() => namesOf(lab)).toEqual(['epoll_wait', 'recv', 'send']);
  await crowd(lab);
  await expect.poll(() => callsPerLine(lab)).toBeGreaterThanOrEqual(2);
});

test('on io_uring one call carries many, and there are fewer calls than lines', async ({
  page,
}) => {
  test.skip(why !== false, String(why));
  const lab = await LabPage.open(page, CHAPTER, LAB);
  await lab.choose('io-uring');
  await echoes(lab);
  await expect.poll(() => namesOf(lab)).toEqual(['io_uring_enter']);
  // Alice’s line came with one, and went with another: what is told of them comes a little after her line.
  const texts = async (): Promise<string[]> => (await toldCalls(lab)).map(({ text }) => text);
  await expect
    .poll(texts)
    .toContainEqual(expect.stringMatching(/^io_uring_enter\(.*= \d+, \d+ completions? \(.*recv/));
  await expect
    .poll(texts)
    .toContainEqual(expect.stringMatching(/^io_uring_enter\(\d+, \d+ \(.*send/));
  await crowd(lab);
  await expect.poll(() => callsPerLine(lab)).toBeLessThan(1);
  // The curve over the clients says the same.
  const curve = lab.section.locator('[data-curve="callsPerLine"] [data-value]');
  await expect
    .poll(async () => Number.parseFloat((await curve.textContent()) ?? ''))
    .toBeLessThan(1);
});

test('a reader’s own version runs on epoll, and the page says why', async ({ page }) => {
  const lab = await LabPage.open(page, CHAPTER, LAB);
  await lab.choose('io-uring');
  await lab.button('Edit').click();
  const editor = lab.section.locator('[data-editor="server.ts"]');
  await editor.evaluate((element) => {
    if (!('text' in element) || typeof element.text !== 'string') throw new Error('no editor');
    Object.assign(element, { text: `${element.text}\n` });
  });
  await expect(lab.section).toHaveAttribute('data-edited');
  await echoes(lab);
  await expect.poll(() => namesOf(lab)).toEqual(['epoll_wait', 'recv', 'send']);
  await expect(lab.status).toContainText(/runs on epoll: .* a version of yours/);
});

test('where the operator has it off the page says so, and the scenario of io_uring does not pass', async ({
  page,
}) => {
  await using server = await ServerProcess.start({ environment: { READABLE_IO_URING: 'off' } });
  await page.goto(`${server.url}${CHAPTER}/?pace=0`);
  const lab = new LabPage(page, LAB);
  await expect(lab.section).toHaveAttribute('data-ready');
  await lab.choose('io-uring');
  await lab.button('Play scenario').click();
  const said = await lab.scenarioResult();
  await expect(lab.section).toHaveAttribute('data-scenario', 'failed');
  expect(said).toContain('the server calls io_uring_enter');
  // The lab goes on, on what there is.
  await lab.type('alice', 'all the same\n');
  await lab.expectText('alice', 'all the same\nall the same');
  await expect(lab.status).toContainText('READABLE_IO_URING=off');
  await expect.poll(() => namesOf(lab)).toEqual(['epoll_wait', 'recv', 'send']);
});
