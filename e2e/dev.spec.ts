import { expect, test } from '@playwright/test';
import { ROOT } from '../project.ts';
import { freePort } from '../testing/port.ts';
import { Program } from '../testing/program.ts';
import { LabPage } from './lab-page.ts';

/** What it says when it listens. */
const ADDRESS = /http:\/\/127\.0\.0\.1:(\d+)/;

test('npm run dev runs labs on the same sandbox server, on the port that it is given', async ({
  page,
}) => {
  const port = await freePort();
  await using dev = Program.start(
    [process.execPath, '--disable-warning=ExperimentalWarning', 'scripts/dev.ts'],
    // Another of the same project may run beside it, as an author's does: nothing is said of that.
    { directory: ROOT, environment: { PORT: String(port), NO_COLOR: '1' } },
  );
  const [address, heard] = await dev.prints(ADDRESS);
  expect(heard).toBe(String(port));
  await page.goto(`${address}/listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready');
  await lab.run('alice', 'bob');
  await lab.type('alice', 'while writing\n');
  await lab.expectText('alice', /while writing\nwhile writing/);
  expect(dev.printed).not.toMatch(/telemetry|anonymous|does not exist|ExperimentalWarning/);
  await dev.end('SIGINT');
});
