import type { Page } from '@playwright/test';
import { test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** Control sequences that a terminal carries out as often as they say: REP, IL, DL, SU, SD, CHT, CBT. */
const FINALS = ['b', 'L', 'M', 'S', 'T', 'I', 'Z'];
const MOST = 2_147_483_647;

/** The picture of an ESC, which a client sends: it takes none that is typed. */
const PICTURE = '␛';
const PICTURE_BYTES = Buffer.from(PICTURE).toString('latin1');

/** Makes an ESC of each picture on the way to the page, as if the program had printed it. */
async function printEscapes(page: Page): Promise<void> {
  await page.routeWebSocket(/./, (toPage) => {
    toPage.connectToServer().onMessage((message) => {
      if (typeof message === 'string') {
        toPage.send(message);
        return;
      }
      const bytes = message.toString('latin1').replaceAll(PICTURE_BYTES, '\u001b');
      toPage.send(Buffer.from(bytes, 'latin1'));
    });
  });
}

test('no count that a program prints freezes the page', async ({ page }) => {
  await printEscapes(page);
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  for (const final of FINALS) {
    await lab.type('alice', `${PICTURE}[${MOST}${final}`);
  }
  await lab.type('alice', '\n');
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
