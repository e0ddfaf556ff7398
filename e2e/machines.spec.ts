import { expect, test } from '@playwright/test';
import { Balancer } from '../testing/machines/balancer.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { LabPage } from './lab-page.ts';

test('the server of a run dies: the page says that the run is gone, and runs again on another', async ({
  page,
}) => {
  const servers = await Promise.all(
    ['north', 'south'].map(async (name) => ({
      name,
      server: await ServerProcess.start({ environment: { READABLE_NAME: name } }),
    })),
  );
  const machines = servers.map(({ name, server }) => ({ name, port: server.port }));
  const balancer = await Balancer.start(machines);
  try {
    await page.goto(`${balancer.url}listeners/`);
    const lab = new LabPage(page, 'echo-listener');
    await expect(lab.section).toHaveAttribute('data-ready');
    await lab.run('alice', 'bob');
    const its = servers.find(({ server }) => server.said.includes('run-begun'));
    await its?.server.stop('SIGKILL');
    await lab.expectState('failed');
    await expect(lab.status).toContainText('the sandbox server no longer had this run');
    await lab.run('alice', 'bob');
    await lab.type('alice', 'elsewhere\n');
    await lab.expectText('alice', /elsewhere\nelsewhere/);
  } finally {
    await balancer[Symbol.asyncDispose]();
    for (const { server } of servers) await server.stop();
  }
});
