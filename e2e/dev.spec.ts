import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { ROOT } from '../project.ts';
import { LabPage } from './lab-page.ts';

/** What `astro dev` says when it listens, colours and all. */
const ADDRESS = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/;

test('an author’s astro dev runs labs on the same sandbox server', async ({ page }) => {
  const dev = spawn(
    process.execPath,
    [join(ROOT, 'node_modules/astro/bin/astro.mjs'), 'dev', '--ignore-lock', '--port', '0'],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ASTRO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' },
    },
  );
  try {
    let said = '';
    const address = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        const found = ADDRESS.exec(said)?.[0];
        if (found) resolve(found);
      };
      dev.stdout.on('data', hear);
      dev.stderr.on('data', hear);
      dev.once('exit', () => reject(new Error(`astro dev ended: ${said}`)));
    });
    await page.goto(`${address}/listeners/`);
    const lab = new LabPage(page, 'echo-listener');
    await expect(lab.section).toHaveAttribute('data-ready');
    await lab.run('alice', 'bob');
    await lab.type('alice', 'while writing\n');
    await lab.expectText('alice', /while writing\nwhile writing/);
  } finally {
    const gone = once(dev, 'exit');
    dev.kill('SIGINT');
    await gone;
  }
});
