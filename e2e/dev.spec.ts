import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { ROOT } from '../project.ts';
import { Program } from '../testing/program.ts';
import { LabPage } from './lab-page.ts';

/** What `astro dev` says when it listens, colours and all. */
const ADDRESS = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/;

/** Nothing is built before it is asked for: a first page may take a minute on a busy machine. */
const FIRST_PAGE = 180_000;

test('an author’s astro dev runs labs on the same sandbox server', async ({ page }) => {
  test.setTimeout(2 * FIRST_PAGE);
  const astro = join(ROOT, 'node_modules/astro/bin/astro.mjs');
  await using dev = Program.start(
    [process.execPath, astro, 'dev', '--ignore-lock', '--port', '0'],
    { directory: ROOT, environment: { ASTRO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' } },
  );
  const [address] = await dev.prints(ADDRESS);
  await page.goto(`${address}/listeners/`);
  const lab = new LabPage(page, 'echo-listener');
  await expect(lab.section).toHaveAttribute('data-ready', { timeout: FIRST_PAGE });
  await lab.run('alice', 'bob');
  await lab.type('alice', 'while writing\n');
  await lab.expectText('alice', /while writing\nwhile writing/);
  await dev.end('SIGINT');
});
