import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lab } from './definition.ts';
import type { Action } from './scenario.ts';
import { turnOf } from './turn.ts';

const programs: Lab['programs'] = [
  {
    name: 'fetch',
    program: 'fetch.ts',
    starts: 'on-demand',
    forks: false,
    reads: false,
    traced: false,
    descriptors: 128,
    processes: 400,
    ways: [
      { name: 'slow', label: 'the slow page', args: [] },
      { name: 'quick', label: 'the quick page', args: [] },
    ],
  },
];

const turns: readonly [action: Action, text: string, terminal: string | undefined][] = [
  [
    { client: 'bob', types: 'hello there\n' },
    'Type a line into Bob’s terminal: hello there',
    'bob',
  ],
  [
    { client: 'alice', types: 'half a li\u0004' },
    'Type into Alice’s terminal: “half a li”, Ctrl-D',
    'alice',
  ],
  [
    { client: 'alice', types: 'GET /\n\n' },
    'Type into Alice’s terminal: “GET /”, Enter, Enter',
    'alice',
  ],
  [
    { program: 'server', types: 'enable\n' },
    'Type a line into the server’s terminal: enable',
    'server',
  ],
  [{ client: 'bob', halfCloses: true }, 'Press Ctrl-D in Bob’s terminal', 'bob'],
  [{ program: 'server', interrupts: true }, 'Press Ctrl-C in the server’s terminal', 'server'],
  [{ client: 'carol', connects: true }, 'Connect Carol', undefined],
  [{ client: 'carol', triesToConnect: true }, 'Connect Carol', undefined],
  [{ program: 'fetch', starts: 'slow' }, 'Start fetch, the slow page', undefined],
  [{ program: 'fetch', starts: true }, 'Start fetch', undefined],
  [{ crowd: 1000, talks: true }, 'Send a crowd of 1,000 clients, talking', undefined],
  [{ crowd: 10, talks: false }, 'Send a crowd of 10 clients, silent', undefined],
  [{ crowd: 0, talks: false }, 'Send the crowd away', undefined],
];

for (const [action, text, terminal] of turns) {
  test(text, () => assert.deepEqual(turnOf(action, { programs }), { text, terminal }));
}
