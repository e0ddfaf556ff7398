import { test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** Control sequences that a terminal carries out as often as they say: REP, IL, DL, SU, SD, CHT, CBT. */
const FINALS = ['b', 'L', 'M', 'S', 'T', 'I', 'Z'];
const MOST = 2_147_483_647;

test('no count that a program prints freezes the page', async ({ page }) => {
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  for (const final of FINALS) {
    // The terminal shows a typed ESC as ^[; the server sends it back as it is.
    await lab.press('alice', 'Escape');
    await lab.type('alice', `[${MOST}${final}`);
  }
  await lab.type('alice', '\n');
  // What a screen can show is carried out.
  await lab.type('bob', 'y');
  await lab.press('bob', 'Escape');
  await lab.type('bob', '[20b\n');
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
  const lab = await LabPage.open(page, 'listeners', 'echo-listener');
  await lab.run('alice', 'bob');
  const line = `${'\u001b[1000L'.repeat(500)}\r`;
  await lab.paste('alice', line.repeat(8));
  await lab.type('bob', 'still here\n');
  await lab.expectText('bob', /still here\nstill here/);
});
