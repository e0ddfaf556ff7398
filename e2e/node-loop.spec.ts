/** The loop under a server on node:net, in the timeline of its lab. */
import { expect, test } from './fixtures.ts';
import { LabPage } from './lab-page.ts';
import { toldCalls as calls } from './told-calls.ts';

/** The calls that go on, as `server epoll_pwait`. */
async function open(lab: LabPage): Promise<string[]> {
  return (await calls(lab))
    .filter(({ end }) => end === null)
    .map(({ process, name }) => `${process} ${name}`);
}

test('a Node server waits in epoll_pwait, reads for its handler, and has a pool for the rest', async ({
  page,
}) => {
  const lab = await LabPage.open(page, 'completion', 'node-loop');
  await lab.run('alice', 'bob');
  await expect.poll(() => open(lab)).toEqual(['server epoll_pwait']);
  await expect
    .poll(async () => (await calls(lab)).filter(({ name }) => name === 'accept4').length)
    .toBe(2);

  await lab.type('alice', 'hello\n');
  await lab.expectText('alice', 'hello\nhello');
  await expect
    .poll(
      async () =>
        (await calls(lab)).find(({ name, text }) => name === 'write' && text.includes('"hello'))
          ?.text,
    )
    .toMatch(/^write\(\d+, "hello\\n", 6 bytes\) = 6$/);
  const made = await calls(lab);
  const at = made.findIndex(({ text }) => /^read\(\d+, 65536 bytes\) = 6, "hello\\n"$/.test(text));
  // A call of Node's own is at no line of the program.
  expect(made[at]).toMatchObject({ process: 'server', line: null });
  // The call before it told which descriptor is readable.
  expect(made[at - 1]?.text).toMatch(/^epoll_pwait\(.*\) = 1, \d+: EPOLLIN$/);
  expect([...new Set(made.map(({ process }) => process))]).toEqual(['server']);

  await lab.type('alice', 'lookup book.example\n');
  await lab.expectText('alice', 'book.example is 127.0.0.1');
  await expect
    .poll(async () => (await calls(lab)).find(({ text }) => text.includes('"/etc/hosts"'))?.process)
    .toMatch(/^server, thread \d$/);
  await lab.type('alice', 'file\n');
  await lab.expectText('alice', 'server.ts has');
  await expect
    .poll(async () =>
      (await calls(lab)).some(
        ({ process, text }) => /thread \d$/.test(process) && text.includes('server.ts"'),
      ),
    )
    .toBe(true);
  // All wait again, the pool for something to do.
  await expect
    .poll(async () => (await open(lab)).map((call) => call.replace(/thread \d/, 'a thread')))
    .toContain('server, a thread futex');
  expect(await open(lab)).toContain('server epoll_pwait');

  await lab.button('Stop').click();
  await lab.expectState('stopped');
  expect(await open(lab)).toEqual([]);
});
