/** What every e2e test gets: one real server for each worker, and pages on it. */
import { test as base } from '@playwright/test';
import { ServerProcess } from '../testing/server-process.ts';

export { expect } from '@playwright/test';

interface WorkerFixtures {
  server: ServerProcess;
}

/** A test with a server. */
export const test = base.extend<object, WorkerFixtures>({
  server: [
    // Playwright reads the fixtures that a fixture needs from this pattern.
    async ({}, use) => {
      const server = await ServerProcess.start({ environment: { READABLE_WARM: '1' } });
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ server }, use) => {
    await use(server.url);
  },
});
