import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTENT } from '../../project.ts';
import { PROTOCOL_VERSION } from '../../protocol/messages.ts';
import { Capacity, switchesUser } from '../capacity.ts';
import { GaugeReader } from '../instruments/gauge-reader.ts';
import type { Isolation, Sandbox } from '../isolation/isolation.ts';
import { findIsolation } from '../isolation/ladder.ts';
import { loadLabs } from '../labs.ts';
import { prepareRuntime } from '../runtime.ts';
import { Outbox } from './outbox.ts';
import { Session } from './session.ts';

test(
  'a sandbox that never goes is given up, and the session is over',
  { timeout: 60_000 },
  async () => {
    const labs = await loadLabs(CONTENT, 'echo-listener');
    const lab = labs.get('echo-listener');
    const runtime = prepareRuntime(switchesUser(), [...labs.values()]);
    const slot = new Capacity(1).take();
    assert.ok(lab && !('full' in slot));
    const { isolation } = await findIsolation(runtime.path, slot);
    const opened: Sandbox[] = [];
    // A process in the state D can’t be had on demand. To the server it is a close that never comes about.
    const stuck: Isolation = {
      ...isolation,
      async open(place) {
        const sandbox = await isolation.open(place);
        opened.push(sandbox);
        return { ...sandbox, close: () => new Promise(() => {}) };
      },
    };
    const gauges = await GaugeReader.start();
    const frames: string[] = [];
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
        ...{
          id: 'stuck',
          lab,
          slot,
          runtime,
          outbox,
          gauges,
          server: undefined,
          version: PROTOCOL_VERSION,
        },
        ...{ isolation: stuck, timeLimit: 600, outputLimit: 1_000_000, way: undefined },
        ...{ token: 'a token', hold: 0 },
        mistake: assert.ifError,
      },
      { cols: 80, rows: 24 },
    );
    await session.start();
    void session.end({ kind: 'stopped' });
    assert.deepEqual(await session.over, { end: { kind: 'stopped' }, clean: false });
    assert.match(frames.at(-1) ?? '', /"session-ended".*"stopped"/);
    await Promise.all(opened.map((sandbox) => sandbox.close()));
    await gauges.close();
    runtime.release();
  },
);
