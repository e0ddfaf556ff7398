/** Programs that attack the timeline of their own lab: nothing else on the page, or of the server, may suffer. */
import type { Page } from '@playwright/test';
import { CuttableProxy } from '../testing/cuttable-proxy.ts';
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';

/** Writes to its feed whatever it likes. */
const FEED = `
import { writeSync } from 'node:fs';
const feed = Number(process.env['READABLE_TRACE_FD']);
const put = (bytes: Buffer): void => {
  for (let at = 0; at < bytes.length;) at += writeSync(feed, bytes, at);
};
const write = (record: object): void => put(Buffer.from(JSON.stringify(record) + '\\n'));
`;

/** Calls as fast as it can. */
const FLOOD = `
import { close } from 'libevent-ts/sys';
console.log('Listening on port 9876');
for (;;) close(-1);
`;

/** Says of itself, and of processes and threads that there aren’t, what can’t be. */
const FORGED = `${FEED}
const words = '\\u001b[2J\\u202e\\u2066<img src=x onerror="document.title = 1">\\u0000';
const round = (): void => {
  let id = 0;
  for (const call of ['recv', '__proto__', 'constructor', 'exit_group', words]) {
    for (const time of [0, -1, 1e300, 8.64e15, null, Date.now(), Date.now() + 1e9]) {
      for (const pid of [0, 1, 2, 2 ** 31 - 1, 2 ** 31, -1, words]) {
        const head = { pid, thread: 0, time, id: id++, call, fd: id, file: 'server.ts' };
        write({ ...head, type: 'enter', args: [words], line: 2 ** 31 - 1 });
        write({ ...head, type: 'exit', id: id + 1, result: 1e308, out: words });
        write({ ...head, type: 'callback', what: words.repeat(20), line: 1 });
        write({ ...head, type: 'folded', from: time, until: time, calls: 1e9 });
        write({ type: 'client', state: 'connected' });
      }
    }
  }
  for (let row = 0; row < 300; row++) {
    write({ type: 'enter', pid: row, thread: row, id: 1, time: Date.now(), call: 'recv', args: [] });
  }
};
console.log('Listening on port 9876');
setInterval(() => {
  round();
  console.log('a round of lies');
}, 200);
`;

/** What it says is no text, and some of it is no line. */
const BROKEN = `${FEED}
const noise = Buffer.from(Array.from({ length: 65536 }, (_, at) => (at * 7) & 0xff));
console.log('Listening on port 9876');
put(Buffer.from('{"type":"enter","pid":2,"thr'));
setInterval(() => {
  put(noise);
  console.log('nothing but noise');
}, 20);
`;

/** Ends no line. */
const ENDLESS = `${FEED}
console.log('Listening on port 9876');
setInterval(() => {
  put(Buffer.from('x'.repeat(65536)));
  console.log('no end of the line');
}, 20);
`;

/** An attack under way, with the timeline open, and all that the page complained of. */
class Attack {
  readonly lab: LabPage;
  readonly complaints: string[] = [];

  private constructor(lab: LabPage) {
    this.lab = lab;
    lab.page.on('pageerror', ({ message }) => this.complaints.push(message));
  }

  /** @param base where the site is, with a slash at the end */
  static async start(page: Page, program: string, base = '/'): Promise<Attack> {
    await page.goto(`${base}listeners/?pace=0`);
    const attack = new Attack(new LabPage(page, 'echo-listener'));
    const { section } = attack.lab;
    await expect(section).toHaveAttribute('data-ready');
    await attack.lab.button('Edit').click();
    await expect(section.locator('.cm-content').filter({ visible: true })).toBeVisible();
    await section
      .locator('[data-editor="server.ts"]')
      .evaluate((element, text) => Object.assign(element, { text }), program);
    await section.locator('.lab-timeline > summary').click();
    await attack.lab.button('Run').click();
    await attack.lab.expectState('running');
    return attack;
  }

  /** Waits until the timeline tells that something can’t be told. */
  async expectLosses(): Promise<void> {
    await expect(this.lab.section.locator('[data-timeline-told]')).toContainText(
      /more calls? could not be shown/,
    );
  }

  /** Another lab of the page works. */
  async expectOther(): Promise<void> {
    const other = new LabPage(this.lab.page, 'listener-disabled');
    await other.run('alice');
    await other.button('Stop').click();
    await other.expectState('stopped');
    expect(this.complaints).toEqual([]);
  }

  /** Everything else works: another lab, a button, and the end of the run. */
  async expectNothingElse(): Promise<void> {
    const { lab } = this;
    await this.expectOther();
    await lab.button('Hold').click();
    await expect(lab.button('To now')).toBeVisible();
    await lab.button('Stop').click();
    await lab.expectState('stopped');
    expect(this.complaints).toEqual([]);
    await expect(lab.page).not.toHaveTitle('1');
  }
}

test('a program that calls without a pause leaves its page and other labs as they are', async ({
  page,
}) => {
  const attack = await Attack.start(page, FLOOD);
  const list = attack.lab.section.getByRole('list', { name: 'The latest calls' });
  await expect(list).toContainText(/[\d,]{4,} calls were only counted/);
  await attack.expectNothingElse();
});

for (const [what, program, prints] of [
  ['forged', FORGED, 'a round of lies'],
  ['broken', BROKEN, 'nothing but noise'],
  ['endless', ENDLESS, 'no end of the line'],
] as const) {
  test(`a feed that is ${what} costs its own timeline, and nothing else`, async ({ page }) => {
    const attack = await Attack.start(page, program);
    await attack.lab.expectText('server', prints);
    await attack.expectLosses();
    await attack.expectNothingElse();
  });
}

test('in the middle of an attack the network may fail, and its reader go away', async ({
  page,
  server,
}) => {
  await using network = await CuttableProxy.start(server.port);
  const attack = await Attack.start(page, FORGED, network.url);
  const { lab } = attack;
  await lab.expectText('server', 'a round of lies');
  network.cut();
  await expect.poll(() => network.refused).toBeGreaterThan(0);
  network.mend();
  const rounds = async (): Promise<number> => (await lab.text('server')).split('lies').length;
  const before = await rounds();
  await expect.poll(rounds).toBeGreaterThan(before + 5);
  await lab.expectState('running');
  await page.reload();
  await expect(lab.section).toHaveAttribute('data-ready');
  await attack.expectOther();
  await lab.run();
  await lab.expectText('server', 'a round of lies');
  await page.goto(`${network.url}select/`);
  await page.goBack();
  await expect(lab.section).toHaveAttribute('data-ready');
  await attack.expectOther();
});
