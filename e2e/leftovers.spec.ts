import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { footprint, leftovers, type Footprint } from '../testing/leftovers.ts';
import { LabPage } from './lab-page.ts';
import { ServerProcess } from '../testing/server-process.ts';

const RUNS = 50;
/** Sandbox users are above this: see sandbox-server/isolation/users.ts. */
const FIRST_SANDBOX_UID = 60_000;

/** Files of sandbox users where anybody may write. */
function sandboxFiles(): string[] {
  return ['/tmp', '/var/tmp', '/dev/shm'].flatMap((folder) =>
    readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => {
        const { uid } = statSync(path, { throwIfNoEntry: false }) ?? { uid: 0 };
        return uid >= FIRST_SANDBOX_UID && uid !== 65_534;
      }),
  );
}

test('after 50 runs ended in every way, nothing is left', async ({ context }) => {
  // Fifty runs, one after the other.
  test.setTimeout(900_000);
  const temporary = mkdtempSync(join(tmpdir(), 'readable-leftovers-'));
  let server = await ServerProcess.start({ environment: { TMPDIR: temporary } });
  const { port } = server;
  const footprints: Footprint[] = [];
  using held = new DisposableStack();
  const used = { processes: 0, networks: new Set<string>() };
  for (let run = 0; run < RUNS; run++) {
    const page = await context.newPage();
    await page.goto(`${server.url}listeners/`);
    const lab = new LabPage(page, 'echo-listener');
    await expect(lab.section).toHaveAttribute('data-ready');
    await lab.run('alice', 'bob');
    const print = held.use(footprint(server.pid));
    expect(print.networks.size).toBe(1);
    footprints.push(print);
    used.processes += print.processes.size;
    for (const network of print.networks) used.networks.add(network);
    if (run % 4 === 0) {
      await lab.button('Stop').click();
      await lab.expectState('stopped');
    } else if (run % 4 === 1) {
      await lab.press('server', 'Control+c');
      await lab.expectState('exited');
    } else if (run % 4 === 3) {
      await server.stop('SIGKILL');
      await expect(lab.status).toContainText('Trying again');
    }
    await page.close();
    if (run % 4 === 3)
      server = await ServerProcess.start({
        environment: { PORT: String(port), TMPDIR: temporary },
      });
  }
  await expect.poll(() => footprints.flatMap(leftovers)).toEqual([]);
  expect(held.use(footprint(server.pid)).processes.size).toBe(0);
  expect(await server.stop()).toBe(0);
  expect(readdirSync(temporary)).toEqual([]);
  expect(sandboxFiles()).toEqual([]);
  rmSync(temporary, { recursive: true });
  test.info().annotations.push({
    type: 'counted',
    description: `${RUNS} runs, ${used.processes} processes, ${used.networks.size} networks`,
  });
});
