import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** Control sequences that a terminal carries out as often as they say: REP, IL, DL, SU, SD, CHT, CBT. */
const FINALS = ['b', 'L', 'M', 'S', 'T', 'I', 'Z'];
const MOST = 2_147_483_647;

/** The picture of an ESC, which a client sends: it takes none that is typed. */
const PICTURE = '␛';

/**
 * Makes an ESC of each picture on the way to the page, as if the program had printed it.
 * @param further what else is to stand for something
 * @returns how many it has made
 */
async function printEscapes(
  page: Page,
  further: Record<string, string> = {},
): Promise<() => number> {
  let made = 0;
  const pictures = Object.entries({ [PICTURE]: '\u001b', ...further });
  await page.routeWebSocket(/./, (toPage) => {
    toPage.connectToServer().onMessage((message) => {
      if (typeof message === 'string') {
        toPage.send(message);
        return;
      }
      let bytes = message.toString('latin1');
      made += bytes.split(latin1Of(PICTURE)).length - 1;
      for (const [picture, text] of pictures) {
        bytes = bytes.replaceAll(latin1Of(picture), latin1Of(text));
      }
      toPage.send(Buffer.from(bytes, 'latin1'));
    });
  });
  return () => made;
}

/** The bytes of a text, a character each. */
function latin1Of(text: string): string {
  return Buffer.from(text).toString('latin1');
}

test('no count that a program prints freezes the page', async ({ page }) => {
  const escapes = await printEscapes(page);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  for (const final of FINALS) {
    await lab.type('alice', `${PICTURE}[${MOST}${final}`);
  }
  await lab.type('alice', '\n');
  // What was typed, and the answer: it may not come into the middle of the next line.
  await expect.poll(escapes).toBe(2 * FINALS.length);
  // What a screen can show is carried out.
  await lab.type('bob', `y${PICTURE}[20b\n`);
  await lab.expectText('bob', 'y'.repeat(21));
  await lab.type('bob', 'still here\n');
  await lab.expectText('bob', /still here\nstill here/);
  // As many lines as the screen has were moved out of it, and the terminal goes on.
  await lab.type('alice', 'after it\n');
  await lab.expectText('alice', /after it\nafter it/);
});

test('any number of counts that are just allowed leaves the page time to breathe', async ({
  page,
}) => {
  await printEscapes(page);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  const line = `${`${PICTURE}[1000L`.repeat(500)}\r`;
  await lab.paste('alice', line.repeat(8));
  await lab.type('bob', 'still here\n');
  await lab.expectText('bob', /still here\nstill here/);
});

/** Ends with as many bytes sent as the lines have that were typed: whatever else the page sent counts. */
async function expectSent(lab: LabPage, name: string, ...lines: string[]): Promise<void> {
  await lab.type(name, 'the end\n');
  await lab.expectText(name, /the end\n(?:.*\n)*the end/);
  await lab.press(name, 'Control+d');
  const bytes = Buffer.byteLength([...lines, 'the end\n'].join(''));
  await lab.expectText(name, `${bytes} bytes sent, ${bytes} received`);
}

const ST = `${PICTURE}\\`;

test('a terminal answers no question of a program', async ({ page }) => {
  await printEscapes(page);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  // DA1, DA2, DA3, DSR, CPR, DECXCPR, DECRQM, XTVERSION, the window's sizes, DECREQTPARM, DECID.
  const questions = ['[c', '[>c', '[=c', '[5n', '[6n', '[?6n', '[4$p', '[?25$p', '[>q'];
  const reports = ['[14t', '[16t', '[18t', '[19t', '[21t', '[x', 'Z', '[?u'];
  // DECRQSS and XTGETTCAP, then colours.
  const strings = ['P$qm', 'P$qr', 'P+q544e', ']4;1;?', ']10;?', ']11;?', ']12;?'];
  const all = [...questions, ...reports, ...strings.map((each) => each + ST)];
  const line = `${all.map((each) => PICTURE + each).join('')}\n`;
  await lab.paste('alice', line);
  await expectSent(lab, 'alice', line);
});

test('a program can’t have the page send what the reader does with the mouse or the focus', async ({
  page,
}) => {
  await printEscapes(page);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  const modes = [1, 9, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 47, 1047, 1049];
  const line = `${modes.map((mode) => `${PICTURE}[?${mode}h`).join('')}${PICTURE}[?25;1003hseen\n`;
  await lab.paste('alice', line);
  await lab.expectText('alice', /seen\n(?:.*\n)*.*seen/);
  // The other screen would hide what was there before.
  await lab.expectText('alice', 'Connected to');
  const row = lab.terminal('alice').locator('.xterm-rows').getByText('seen').last();
  await row.dblclick({ position: { x: 4, y: 4 }, force: true });
  await expect(lab.terminal('alice').locator('.xterm-selection > div')).not.toHaveCount(0);
  await row.click({ modifiers: ['Alt'], force: true });
  await page.mouse.wheel(0, 100);
  await lab.press('alice', 'ArrowUp');
  await lab.terminal('bob').getByRole('textbox').focus();
  await lab.paste('alice', 'pasted\n');
  await lab.expectText('alice', /pasted\n(?:.*\n)*.*pasted/);
  await expectSent(lab, 'alice', line, 'pasted\n');
});

test('a link that a program prints is text', async ({ page }) => {
  await printEscapes(page);
  const opened: string[] = [];
  page.on('dialog', (dialog) => {
    opened.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('popup', (popup) => opened.push(popup.url()));
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  await lab.type('alice', `${PICTURE}]8;;https://evil.example/${ST}click me${PICTURE}]8;;${ST}\n`);
  await lab.expectText('alice', /click me\n(?:.*\n)*.*click me/);
  const link = lab.terminal('alice').locator('.xterm-rows').getByText('click me').first();
  await link.hover({ position: { x: 20, y: 5 }, force: true });
  await link.click({ position: { x: 20, y: 5 }, force: true });
  await lab.type('alice', 'after it\n');
  await lab.expectText('alice', /after it\n(?:.*\n)*after it/);
  expect(opened).toEqual([]);
});

test('no program chooses the colours of a terminal', async ({ page }) => {
  await printEscapes(page);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  const colour = (): Promise<string> =>
    lab
      .terminal('alice')
      .locator('.xterm-rows')
      .evaluate((element) => getComputedStyle(element).color);
  const before = await colour();
  await lab.type('alice', `${PICTURE}]10;#ff0000${ST}red\n`);
  await lab.expectText('alice', /red\n(?:.*\n)*.*red/);
  expect(await colour()).toBe(before);
});

test('what a process leaves of a terminal is not the next one’s', async ({ page }) => {
  await printEscapes(page);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  // Line drawing instead of letters, then a string that never ends.
  await lab.type('alice', `${PICTURE}(0${PICTURE}[?25l${PICTURE}[4h${PICTURE}P1;2`);
  await lab.type('alice', '\n');
  await lab.press('alice', 'Control+d');
  await lab.button('Reconnect alice').click();
  await lab.expectText('alice', /Connected to 127\.0\.0\.1:9876\s*$/);
  await lab.type('alice', 'readable\n');
  await lab.expectText('alice', /readable\nreadable/);
});

test('any number of marks on a character leaves the page time to breathe', async ({ page }) => {
  await printEscapes(page, { '␞': '\u0301'.repeat(20_000) });
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  await lab.paste('alice', `e${'␞'.repeat(10)}\n`);
  await lab.type('bob', 'still here\n');
  await lab.expectText('bob', /still here\nstill here/);
  expect((await lab.text('alice')).length).toBeLessThan(1000);
});

test('no program turns the text of a terminal round', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  await lab.paste('alice', 'a\u202etxt.exe\u202c b\u2067c\n');
  await lab.expectText('alice', /a\ufffdtxt\.exe\ufffd b\ufffdc\na\ufffdtxt/);
});
