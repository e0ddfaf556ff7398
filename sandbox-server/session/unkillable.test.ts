import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { CONTENT } from '../../project.ts';
import { PROTOCOL_VERSION } from '../../protocol/messages.ts';
import { GaugeReader } from '../instruments/gauge-reader.ts';
import type { Isolation, Sandbox } from '../isolation/isolation.ts';
import { findIsolation } from '../isolation/ladder.ts';
import { Shelves } from '../isolation/shelves.ts';
import { SandboxUsers, switchesUser } from '../isolation/users.ts';
import { loadLabs } from '../labs.ts';
import { prepareRuntime } from '../runtime.ts';
import { SILENT } from '../log.ts';
import { Outbox } from './outbox.ts';
import { Session } from './session.ts';
import { LIMIT } from '../../testing/patience.ts';

/** A process in the state D can’t be had on demand. To the server it is a close that does not come about. */
const CLOSES = new Map<string, () => Promise<void>>([
  ['never goes', () => new Promise(() => {})],
  ['can’t be closed', () => Promise.reject(new Error('the kernel says no'))],
]);

for (const [what, close] of CLOSES) {
  test(`a sandbox that ${what} is given up, and the session is over`, LIMIT, async () => {
    const labs = await loadLabs(CONTENT, 'echo-listener');
    const lab = labs.get('echo-listener');
    const runtime = prepareRuntime(switchesUser(), [...labs.values()]);
    assert.ok(lab);
    const users = SandboxUsers.reserve();
    const probe = users.take();
    const shelves = new Shelves(dirname(runtime.path));
    const { isolation } = await findIsolation(runtime.path, shelves, probe);
    users.release(probe, true);
    const opened: Sandbox[] = [];
    const stuck: Isolation = {
      ...isolation,
      async open(user) {
        const sandbox = await isolation.open(user);
        opened.push(sandbox);
        return { ...sandbox, close };
      },
    };
    const gauges = await GaugeReader.start();
    const frames: string[] = [];
    const mistakes: unknown[] = [];
    const outbox = new Outbox(
      {
        OPEN: 1,
        readyState: 1,
        bufferedAmount: 0,
        send: (frame) => {
          if (typeof frame === 'string') frames.push(frame);
        },
      },
      { pressure: () => {}, overflow: () => {} },
    );
    const session = new Session(
      {
        ...{ id: 'stuck', lab, users, runtime, outbox, gauges, version: PROTOCOL_VERSION },
        server: undefined,
        ioUring: false,
        ...{ isolation: stuck, timeLimit: 600, outputLimit: 1_000_000, way: undefined },
        trouble: assert.ifError,
        ...{ token: 'a token', hold: 0, idle: 0, moreMemory: () => undefined },
        stock: { take: () => undefined },
        mistake: (error) => mistakes.push(error),
        log: SILENT,
      },
      { cols: 80, rows: 24 },
    );
    await session.start();
    void session.end({ kind: 'stopped' });
    const { end, clean, user } = await session.over;
    assert.deepEqual([end, clean, user], [{ kind: 'stopped' }, false, probe]);
    // Nobody else may become who it is.
    if (user !== undefined) assert.notEqual(users.take(), user);
    assert.match(frames.at(-1) ?? '', /"session-ended".*"stopped"/);
    assert.equal(mistakes.length, what === 'never goes' ? 0 : 1);
    await Promise.all(opened.map((sandbox) => sandbox.close()));
    await gauges.close();
    shelves.close();
    runtime.release();
    users.close();
  });
}
