import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellCall } from './timeline-text.ts';
import type { Call } from './timeline.ts';

const CALL: Call = {
  ...{ id: 1, name: 'recv', args: '48, 4096 bytes', fd: 48, place: undefined, start: 1000 },
  ...{ end: undefined, result: undefined, client: undefined },
};

function told(call: Partial<Call>): string {
  return tellCall('server', { ...CALL, ...call }, undefined, undefined, 3500);
}

test('a call waits while it goes on, and after it has told of its return it has waited', () => {
  assert.equal(told({}), 'server: recv(48, 4096 bytes) · waits for 2.5 s · at 0:01.00');
  assert.equal(
    told({ end: 1100, result: '0' }),
    'server: recv(48, 4096 bytes) = 0 · waited 100 ms · at 0:01.00',
  );
});

test('a call that is over and never told of its return is not said to have waited', () => {
  assert.equal(told({ end: 3500 }), 'server: recv(48, 4096 bytes) · no known end · at 0:01.00');
});
