import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  PROTOCOL_VERSION,
  parseServerMessage,
  type ServerMessage,
} from '../../protocol/messages.ts';
import { GaugeReader } from '../instruments/gauge-reader.ts';
import type { Isolation } from '../isolation/isolation.ts';
import { SandboxUsers, switchesUser } from '../isolation/users.ts';
import { loadLabs } from '../labs.ts';
import { SILENT } from '../log.ts';
import { prepareRuntime } from '../runtime.ts';
import { TEST_LABS } from '../testing/reader.ts';
import { Outbox } from './outbox.ts';
import { Session } from './session.ts';

const SECRET = "ENOENT: no such file or directory, open '/srv/secret/seccomp.bpf'";

const FAILS: Readonly<Record<string, Isolation['open']>> = {
  'no sandbox opens': () => Promise.reject(new Error(SECRET)),
  'nothing starts in a sandbox': () =>
    Promise.resolve({
      show: () => '',
      pipe: () => assert.fail('no pipe is needed'),
      findsHostsLate: true,
      countsApart: true,
      isOpen: true,
      launch() {
        throw new Error(SECRET);
      },
      close: () => Promise.resolve(),
    }),
};

for (const [what, open] of Object.entries(FAILS)) {
  test(`where ${what}, the operator is told why, and the reader no path`, async () => {
    const labs = await loadLabs(TEST_LABS, 'quitter');
    const lab = labs.get('quitter');
    assert.ok(lab);
    const runtime = prepareRuntime(switchesUser(), [...labs.values()]);
    const [users, gauges] = [SandboxUsers.reserve(), await GaugeReader.start()];
    const isolation: Isolation = {
      name: 'bubblewrap',
      runs: 'any program',
      description: '',
      maxSessions: 1,
      open,
    };
    const said: ServerMessage[] = [];
    const outbox = new Outbox(
      {
        ...{ OPEN: 1, readyState: 1, bufferedAmount: 0 },
        send: (frame) => {
          if (typeof frame === 'string') said.push(parseServerMessage(frame));
        },
      },
      { pressure: () => {}, overflow: () => {} },
    );
    const troubles: string[] = [];
    const session = new Session(
      {
        ...{ id: 'failing', lab, users, isolation, runtime, outbox, gauges, hold: 0 },
        ...{ version: PROTOCOL_VERSION, timeLimit: 600, outputLimit: 1000, way: undefined },
        ...{ token: 'x'.repeat(22), mistake: assert.ifError, log: SILENT, idle: 0 },
        moreMemory: () => undefined,
        server: undefined,
        ioUring: false,
        stock: { take: () => undefined },
        trouble: (message) => troubles.push(message),
      },
      { cols: 80, rows: 24 },
    );
    await session.start();
    await session.over;
    assert.equal(troubles[0], SECRET);
    assert.equal(said.at(-1)?.type, 'session-ended');
    assert.doesNotMatch(JSON.stringify(said), /secret|ENOENT/);
    assert.match(JSON.stringify(said), /The sandbox server’s log says why/);
    await gauges.close();
    runtime.release();
    users.close();
  });
}
