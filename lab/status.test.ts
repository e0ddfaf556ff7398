import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clockText,
  labState,
  processEndText,
  statusText,
  waitsForServer,
  type RunEnd,
  type Situation,
} from './status.ts';
import type { UnderWay } from './measured.ts';
import type { Measures } from './measures.ts';

function over(end: RunEnd, serverIsBack = false): string {
  return statusText({ kind: 'over', end, serverIsBack });
}

test('a running lab says who runs and where', () => {
  assert.equal(
    statusText({ kind: 'running', line: 'up', programs: 1, clients: 2, isolation: 'bubblewrap' }),
    'Running: 1 program and 2 clients in a sandbox of your own.',
  );
  assert.equal(
    statusText({ kind: 'running', line: 'up', programs: 2, clients: 0, isolation: 'none' }),
    'Running: 2 programs, without isolation on this computer.',
  );
});

test('a server’s end is told by code or by signal', () => {
  assert.equal(
    over({ kind: 'finished', end: { kind: 'exited', code: 0 } }),
    'The server exited with code 0.',
  );
  assert.equal(
    over({ kind: 'finished', end: { kind: 'signaled', signal: 'SIGINT' } }),
    'The server was killed by SIGINT, as Ctrl-C does.',
  );
  assert.equal(
    over({ kind: 'finished', end: { kind: 'signaled', signal: 'SIGUSR1' } }),
    'The server was killed by SIGUSR1.',
  );
  assert.equal(processEndText('alice', { kind: 'stopped' }), 'alice was stopped.');
});

test('limits are told in the units people use', () => {
  assert.equal(
    over({ kind: 'time-limit', seconds: 600 }),
    'Time limit: a run may last 10 minutes. Click Run for another.',
  );
  assert.match(over({ kind: 'time-limit', seconds: 60 }), /1 minute\./);
  assert.match(over({ kind: 'time-limit', seconds: 90 }), /90 seconds/);
  assert.match(over({ kind: 'output-limit', bytes: 16 * 1024 * 1024 }), /16 MB/);
  assert.match(over({ kind: 'output-limit', bytes: 2048 }), /2 KB/);
  const first = { file: 'server.ts', line: 2, column: 9, message: 'Expression expected' };
  const place = 'Nothing was run. server.ts, line 2, column 9: Expression expected.';
  assert.equal(over({ kind: 'faulty', count: 1, first }), place);
  assert.equal(over({ kind: 'faulty', count: 3, first }), `${place} 2 more mistakes follow.`);
  assert.equal(
    over({ kind: 'budget', resource: 'memory', most: 384 * 1024 * 1024 }),
    'Out of memory: a run may use 384 MiB. Click Run for another.',
  );
  assert.equal(
    over({ kind: 'budget', resource: 'processes', most: 512 }),
    'Too many processes: a run may have 512 processes and threads. Click Run for another.',
  );
  assert.match(over({ kind: 'budget', resource: 'descriptors', most: 4096 }), /may have 4,096\./);
  assert.match(over({ kind: 'budget', resource: 'processor', most: 1 }), /at work at once/);
});

test('a message of the server becomes one sentence', () => {
  assert.equal(
    over({ kind: 'no-room', message: 'all 12 sandboxes are in use.' }),
    'No room now: all 12 sandboxes are in use. Try again in a minute.',
  );
  assert.equal(over({ kind: 'failed', message: 'no pty ' }), 'This run failed: no pty.');
  // The line of a program that is no TypeScript, and the mark below it.
  assert.equal(
    over({
      kind: 'failed',
      message: 'server.ts:2:9: Expression expected\n  let x = = 2;\n          ^',
    }),
    'This run failed: server.ts:2:9: Expression expected.\n  let x = = 2;\n          ^',
  );
});

test('a lost connection waits for the server, and what happened stays when it is back', () => {
  const end: RunEnd = { kind: 'lost', why: 'closed' };
  const cause =
    'The connection to the sandbox server was lost and did not come back, so this run is gone.';
  assert.equal(over(end), `${cause} Waiting for the sandbox server…`);
  assert.equal(over(end, true), `${cause} The sandbox server is back. Click Run.`);
  for (const waited of [
    { kind: 'shutdown' },
    { kind: 'unreachable' },
    { kind: 'offline' },
  ] as const) {
    assert.ok(
      over(waited, true).startsWith(over(waited).replace('Waiting for the sandbox server…', '')),
    );
  }
  assert.ok(waitsForServer({ kind: 'shutdown' }));
  assert.ok(waitsForServer({ kind: 'unreachable' }));
});

test('losses that are not the server’s absence have words of their own and wait for nothing', () => {
  const texts = (['closed', 'gone', 'gap', 'too-large', 'garbled'] as const).map((why) =>
    over({ kind: 'lost', why }),
  );
  assert.equal(new Set(texts).size, 5);
  assert.ok(!waitsForServer({ kind: 'lost', why: 'gap' }));
  assert.ok(!waitsForServer({ kind: 'lost', why: 'gone' }));
  assert.ok(!waitsForServer({ kind: 'outdated' }));
});

test('while the connection is lost the lab runs on, and says what it tries', () => {
  const running = { kind: 'running', programs: 1, clients: 2, isolation: 'bubblewrap' } as const;
  const lost = { ...running, line: 'lost' } as const;
  assert.equal(statusText(lost), 'The connection is lost. Trying again…');
  assert.equal(labState(lost), 'running');
  assert.match(statusText({ ...running, line: 'offline' }), /you are offline/);
  assert.match(statusText({ kind: 'starting', line: 'lost' }), /Trying again/);
  assert.match(statusText({ ...running, line: 'up' }), /^Running/);
});

test('a name that the server does not know is told, with what to set', () => {
  const text = over({ kind: 'unknown-name', name: 'book.example:4321' });
  assert.match(text, /name book\.example:4321/);
  assert.match(text, /READABLE_HOSTS=book\.example:4321$/);
  assert.ok(!waitsForServer({ kind: 'unknown-name', name: 'book.example' }));
  assert.ok(!waitsForServer({ kind: 'no-upgrade' }));
});

test('each end has its data-state', () => {
  const state = (end: RunEnd) => labState({ kind: 'over', end, serverIsBack: false });
  assert.equal(state({ kind: 'finished', end: { kind: 'exited', code: 1 } }), 'exited');
  assert.equal(state({ kind: 'finished', end: { kind: 'signaled', signal: 'SIGINT' } }), 'exited');
  assert.equal(state({ kind: 'finished', end: { kind: 'failed', message: 'no' } }), 'failed');
  assert.equal(state({ kind: 'stopped' }), 'stopped');
  assert.equal(state({ kind: 'stopped-unheard' }), 'stopped');
  assert.equal(state({ kind: 'left' }), 'stopped');
  assert.equal(state({ kind: 'unknown-name', name: 'book.example' }), 'failed');
  assert.equal(state({ kind: 'time-limit', seconds: 1 }), 'stopped');
  assert.equal(state({ kind: 'no-room', message: 'full' }), 'failed');
  const first = { file: 'server.ts', line: 1, column: 1, message: '' };
  assert.equal(state({ kind: 'faulty', count: 1, first }), 'failed');
  assert.equal(state({ kind: 'lost', why: 'closed' }), 'failed');
  assert.equal(labState({ kind: 'stopping' }), 'running');
});

test('a run in the queue is told where it is, about how long it takes, and how to leave', () => {
  const queued = (ahead: number, wait?: number): string =>
    statusText({ kind: 'queued', line: 'up', ahead, wait });
  assert.equal(
    queued(0),
    'All places are taken. Your run is next. It starts by itself; Stop leaves the queue.',
  );
  assert.equal(
    queued(1, 60),
    'All places are taken. 1 run is ahead of yours in the queue. Yours starts by itself, within about a minute; Stop leaves the queue.',
  );
  assert.equal(
    queued(3, 240),
    'All places are taken. 3 runs are ahead of yours in the queue. Yours starts by itself, in about 4 minutes; Stop leaves the queue.',
  );
  const measuring = { kind: 'queued', line: 'up', wait: undefined, measuring: true } as const;
  assert.equal(
    statusText({ ...measuring, ahead: 0 }),
    'Another measurement is under way on this machine. Two at once would spoil each other, so yours waits. Stop leaves the queue.',
  );
  assert.match(
    statusText({ ...measuring, ahead: 2 }),
    /waits\. 2 runs are ahead of yours in the queue\./,
  );
  assert.equal(labState({ kind: 'queued', line: 'lost', ahead: 0, wait: undefined }), 'queued');
  assert.match(
    statusText({ kind: 'queued', line: 'lost', ahead: 0, wait: undefined }),
    /connection is lost/,
  );
  assert.equal(over({ kind: 'left-queue' }), 'You left the queue. Click Run to join it again.');
});

test('a run in which nothing happens is told what may become of it, and what became', () => {
  assert.equal(
    statusText({
      ...{ kind: 'running', line: 'up', programs: 1, clients: 2, isolation: 'bubblewrap' },
      idle: 120,
    }),
    'Running: 1 program and 2 clients in a sandbox of your own. ' +
      'Nothing has happened here for 2 minutes: if other readers are waiting, this run ends first. Type something to keep it.',
  );
  const alone = { kind: 'running', line: 'up', programs: 1, clients: 0, idle: 120 } as const;
  assert.match(
    statusText({ ...alone, isolation: 'bubblewrap' }),
    /ends first\. Connect a client to keep it\.$/,
  );
  assert.match(
    statusText({ ...alone, isolation: 'bubblewrap', reads: true }),
    /ends first\. Type something to keep it\.$/,
  );
  const end: RunEnd = { kind: 'yielded', seconds: 120 };
  assert.equal(
    over(end),
    'This run gave its place to one that was waiting: nothing had happened here for 2 minutes. Click Run for another.',
  );
  assert.equal(labState({ kind: 'over', end, serverIsBack: false }), 'stopped');
});

test('too many connections from one address are told with their number', () => {
  assert.equal(
    over({ kind: 'too-many-connections', most: 12 }),
    'Too many connections are open from your address: at most 12. Stop a run or close a page, and click Run again.',
  );
});

test('who has just begun a run is told where to type, and in a step what', () => {
  const running = { kind: 'running', line: 'up', programs: 1, clients: 2 } as const;
  assert.equal(
    statusText({ ...running, isolation: 'bubblewrap', invites: 'bob' }),
    'Running in a sandbox of your own. Type a line into Bob’s terminal.',
  );
  assert.equal(
    statusText({ ...running, isolation: 'none', invites: 'bob' }),
    'Running without isolation on this computer. Type a line into Bob’s terminal.',
  );
  assert.match(
    statusText({ ...running, clients: 0, isolation: 'bubblewrap', invites: 'bob' }),
    /^Running: 1 program in/,
  );
  assert.equal(
    statusText({ ...running, isolation: 'bubblewrap', invites: 'bob', turn: 'Connect Carol' }),
    'Connect Carol. Or click Next step.',
  );
});

test('the clock shows how long a run has gone on, and how long it may', () => {
  const running: Situation = {
    ...{ kind: 'running', line: 'up', programs: 1, clients: 2, isolation: 'bubblewrap' },
  };
  assert.equal(clockText({ kind: 'idle' }, 0, 0), 'not running');
  assert.equal(clockText({ kind: 'starting', line: 'up' }, 0, 0), 'starting');
  assert.equal(
    clockText({ kind: 'queued', line: 'up', ahead: 1, wait: undefined }, 0, 0),
    'in the queue',
  );
  assert.equal(clockText(running, 0.4, 600), '0:00 · 10:00 left');
  assert.equal(clockText(running, 65.9, 600), '1:05 · 8:55 left');
  // The server ends it, a moment later than the page thinks.
  assert.equal(clockText(running, 601, 600), '10:00 · 0:00 left');
  const over: Situation = { kind: 'over', end: { kind: 'stopped' }, serverIsBack: false };
  assert.equal(clockText(over, 42.9, 600), 'over after 0:42');
});

test('a measurement says what is measured, with how much to do, and how much is left', () => {
  const measuring = (kind: Measures['kind'], underWay: UnderWay | undefined): string => {
    const who = { programs: 1, clients: 0, isolation: 'bubblewrap', idle: 60 } as const;
    return statusText({ kind: 'running', line: 'up', ...who, measuring: { kind, underWay } });
  };
  const underWay = { label: 'select', position: 3, of: 6 };
  const order = { clients: 50, busy: 10 };
  assert.equal(
    measuring('servers', { ...underWay, order }),
    'Measuring select with 50 clients, 3 of 6.',
  );
  assert.equal(
    measuring('servers', { ...underWay, order: { clients: 1, busy: 100 } }),
    'Measuring select with 1 client, 3 of 6.',
  );
  assert.equal(
    measuring('passes', { ...underWay, order }),
    'Measuring select with 10 busy descriptors, 3 of 6.',
  );
  assert.equal(measuring('passes', undefined), 'Measuring.');
});
