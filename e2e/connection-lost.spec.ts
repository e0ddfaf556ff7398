/** A page whose network breaks, whose reader goes away, or that can’t reach its server at all. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { Page } from '@playwright/test';
import { CuttableProxy } from '../testing/cuttable-proxy.ts';
import { ServerProcess } from '../testing/server-process.ts';
import { NAMED, goOffline, serveByName } from './by-name.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** A lab whose server answers with another line than it was told, at this address, ready for clicks. */
async function open(page: Page, url: string): Promise<LabPage> {
  await page.goto(`${url}events/`);
  const lab = new LabPage(page, 'rot13-event');
  await expect(lab.section).toHaveAttribute('data-ready');
  return lab;
}

test('a run survives the loss of its connection: nothing is lost, nothing comes twice', async ({
  page,
  server,
}) => {
  await using network = await CuttableProxy.start(server.port);
  const lab = await open(page, network.url);
  await lab.run('alice', 'bob');
  await lab.type('alice', 'before\n');
  await lab.expectText('alice', 'before\norsber');

  // The server hears this, and its answer is lost on the way.
  network.swallow();
  await lab.type('alice', 'on the way\n');
  await expect.poll(() => network.swallowed).toContain('ba gur jnl');
  network.cut();
  await expect(lab.status).toHaveText('The connection is lost. Trying again…');
  await lab.expectState('running');
  await expect(lab.button('Stop')).toBeEnabled();
  await expect(lab.button('Run')).toHaveCount(0);

  // Nobody hears this before the connection is back.
  await lab.type('alice', 'meanwhile\n');
  await lab.type('bob', 'bob too\n');
  await lab.button('Connect a client').click();
  await expect.poll(() => network.refused).toBeGreaterThan(2);
  network.mend();
  await expect(lab.status).toContainText(/^Running/);
  await lab.expectText('carol', 'Connected to');
  await lab.expectText('alice', 'zrnajuvyr');
  await lab.expectText('bob', 'obo gbb');
  await lab.type('alice', 'after\n');
  await lab.expectText('alice', 'after\nnsgre');
  for (const [name, lines] of [
    ['alice', ['before', 'orsber', 'on the way', 'ba gur jnl', 'meanwhile', 'zrnajuvyr', 'after']],
    ['bob', ['bob too', 'obo gbb']],
  ] as const) {
    const text = await lab.text(name);
    for (const line of lines) expect(text.split(line), `${name}: ${line}`).toHaveLength(2);
  }
  await lab.button('Stop').click();
  await lab.expectState('stopped');
});

test('Stop is heard at once while the connection is lost, and by the server when it is back', async ({
  page,
}) => {
  await using server = await ServerProcess.start({ environment: { READABLE_HOLD: '600' } });
  await using network = await CuttableProxy.start(server.port);
  const lab = await open(page, network.url);
  await lab.run('alice', 'bob');
  network.cut();
  await expect(lab.status).toContainText('Trying again');
  await lab.button('Stop').click();
  await lab.expectState('stopped');
  await expect(lab.status).toContainText('You stopped it while the connection was lost');
  network.mend();
  await expect.poll(() => sessions(server)).toBe(0);
});

/** How many runs a server has. */
async function sessions(server: ServerProcess): Promise<unknown> {
  const health: unknown = await (await server.get('healthz')).json();
  return typeof health === 'object' && health && 'sessions' in health && health.sessions;
}

test('a tab that is closed frees its place at once', async ({ context }) => {
  await using server = await ServerProcess.start({ environment: { READABLE_HOLD: '600' } });
  const page = await context.newPage();
  const lab = await open(page, server.url);
  await lab.run('alice', 'bob');
  expect(await sessions(server)).toBe(1);
  await page.close();
  await expect.poll(() => sessions(server)).toBe(0);
});

test('a page that is kept while its reader is elsewhere says why its run is over', async ({
  page,
  server,
}) => {
  const lab = await open(page, server.url);
  await lab.run('alice', 'bob');
  await page.evaluate(() =>
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })),
  );
  await lab.expectState('stopped');
  await expect(lab.status).toHaveText('You left the page, so this run was ended.');
  await lab.run('alice', 'bob');
});

test('a name that the server does not go by: the page says it, and what to set', async ({
  page,
}) => {
  await using server = await ServerProcess.start();
  const name = `book.localhost:${server.port}`;
  const lab = await open(page, `http://${name}/`);
  await lab.button('Run').click();
  await lab.expectState('failed');
  await expect(lab.status).toHaveText(
    `This server does not know the name ${name} as its own, so it runs nothing for this page. ` +
      `If you run the server, start it with READABLE_HOSTS=${name}`,
  );
  expect(server.said).toContain(name);
});

test('a proxy that lets no WebSocket through: the page says so', async ({ page, server }) => {
  const proxy = createServer((incoming, outgoing) => {
    const { url, headers } = incoming;
    // On a connection of its own: one that is kept may be closed in the moment in which it is used again.
    request({ port: server.port, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    }).end();
  });
  proxy.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    const address = proxy.address();
    if (typeof address !== 'object' || !address) throw new Error('the proxy does not listen');
    const lab = await open(page, `http://127.0.0.1:${address.port}/`);
    await lab.button('Run').click();
    await lab.expectState('failed');
    await expect(lab.status).toContainText('lets no WebSocket through');
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test('a reader who is offline is told that', async ({ page }) => {
  await using server = await ServerProcess.start({
    environment: { READABLE_HOSTS: new URL(NAMED).host },
  });
  await serveByName(page, server.url);
  const lab = await open(page, NAMED);
  await lab.button('Run').hover();
  await page.waitForLoadState('networkidle');
  await goOffline(page);
  await lab.button('Run').click();
  await lab.expectState('failed');
  await expect(lab.status).toContainText('You were offline');
});

test('a paste that is too large is told the limit', async ({ page, server }) => {
  const lab = await open(page, server.url);
  await lab.run('alice', 'bob');
  await lab.paste('alice', `${'x'.repeat(79)}\n`.repeat(12_500));
  await expect(lab.status).toContainText('256 KB may wait for alice to read');
});
