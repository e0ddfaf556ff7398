import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { IsolationName } from '../../protocol/messages.ts';
import { Reader, TEST_LABS, serve } from '../testing/reader.ts';
import { LIMIT } from '../../testing/patience.ts';

const RUNGS: readonly IsolationName[] = ['bubblewrap', 'unshare'];

for (const READABLE_ISOLATION of RUNGS) {
  suite(`several programs in a session, isolated by ${READABLE_ISOLATION}`, () => {
    test('they start in order, in the chosen way, and know the lab’s hosts', LIMIT, async () => {
      await using server = await serve(TEST_LABS, { READABLE_ISOLATION });
      const reader = await Reader.start(server.port, 'company', 'loud');
      await reader.connected('zoe', 'xena');
      const started = reader.messages.flatMap((message) =>
        message.type === 'started' ? [`${message.role} ${message.name}`] : [],
      );
      assert.deepEqual(started, [
        'program first',
        'server server',
        'program second',
        'client zoe',
        'client xena',
      ]);
      const shown = (name: string): string | undefined => reader.shown.get(name)?.trim();
      assert.equal(shown('first'), 'here  127.0.0.1');
      assert.equal(shown('server'), 'Listening --loud 77 descriptors');
      assert.equal(shown('second'), 'here --loud 127.0.0.1');
      // One after another: the first named is the first accepted.
      await reader.shows('zoe', 'you are number 1');
      await reader.shows('xena', 'you are number 2');

      reader.say({ type: 'connect', client: 'yan', cols: 80, rows: 24 });
      await reader.shows('yan', 'you are number 3');
      reader.say({ type: 'stop' });
      assert.deepEqual(await reader.end(), { kind: 'stopped' });
    });
  });
}

suite('programs beside the server program', () => {
  test('without a choice the first way is taken; one on demand starts again', LIMIT, async () => {
    await using server = await serve(TEST_LABS);
    const reader = await Reader.start(server.port, 'company');
    await reader.connected('xena');
    assert.match(reader.shown.get('server') ?? '', /Listening --quiet/);
    const launch = { type: 'launch', program: 'later', cols: 80, rows: 24 };
    reader.say({ ...launch, way: 'loud' });
    await reader.shows('later', 'here --loud');
    reader.say(launch);
    await reader.message('error', ({ message }) => message === 'later is running already.');
    reader.type('later', 'end\n');
    await reader.message('ended', ({ end }) => end.kind === 'exited' && end.code === 3);
    reader.say(launch);
    await reader.shows('later', 'here --quiet');
    // The run goes on without it, and ends with the server program.
    reader.type('server', '\x03');
    assert.equal((await reader.end()).kind, 'finished');
  });

  test('only what starts on demand can be launched, and only ways there are', LIMIT, async () => {
    await using server = await serve(TEST_LABS);
    const reader = await Reader.start(server.port, 'company');
    await reader.connected('xena');
    for (const program of ['second', 'server', 'nobody']) {
      reader.say({ type: 'launch', program, cols: 80, rows: 24 });
      await reader.message('error', ({ message }) => message.includes(`no program “${program}”`));
    }
    const refused = await Reader.start(server.port, 'company', 'sideways');
    assert.deepEqual(await refused.end(), {
      kind: 'refused',
      message: 'There is no way “sideways” to run this lab.',
    });
  });

  test(
    'gauges and the sets of select() are told, from the processes themselves',
    LIMIT,
    async () => {
      await using server = await serve(TEST_LABS);
      const reader = await Reader.start(server.port, 'company');
      await reader.connected('xena');
      const before = await reader.message('gauges', ({ process }) => process === 2);
      assert.equal(before.figures.processes, 1);
      assert.ok((before.figures.threads ?? 0) >= 1);
      assert.ok((before.figures.memory ?? 0) > 5_000_000);
      assert.ok((before.figures.descriptors ?? 0) >= 3);
      assert.equal(before.tree[0]?.parent, 0);

      reader.type('server', 'fork\n');
      const waits = await reader.shows('server', 'parent waits for ');
      const descriptor = Number(/parent waits for (\d+)/.exec(waits)?.[1]);
      const after = await reader.message('gauges', ({ figures }) => figures.processes === 2);
      const [parent, child] = after.tree;
      assert.equal(child?.parent, parent?.pid);
      // Inside, numbers are small: these are not this computer’s.
      assert.ok((parent?.pid ?? Infinity) < 100);
      const select = await reader.message('select', ({ returned }) => !returned);
      assert.equal(select.nfds, descriptor + 1);
      assert.deepEqual(select.read, [descriptor]);
      assert.deepEqual(select.write, []);
    },
  );
});
