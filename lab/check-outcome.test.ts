import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckRecord } from '../protocol/check-feed.ts';
import { checkOutcome } from './check-outcome.ts';
import type { RunEnd } from './status.ts';

const PROGRESS: CheckRecord = { type: 'check', state: 'progress', done: 9, total: 9 };
const SHORTENING: CheckRecord = { type: 'check', state: 'shortening', tried: 1 };
const PASSED: CheckRecord = { type: 'check', state: 'passed', seed: 5, runs: 9 };
const FAILED: CheckRecord = {
  ...{ type: 'check', state: 'failed', seed: 5, expectation: 'ends', about: 'it ends' },
  ...{ expected: 'it ends', seen: 'it is open', steps: ['Alice connects.'], printed: [] },
};
const UNDECIDED: (CheckRecord | undefined)[] = [undefined, PROGRESS, SHORTENING];
const exited = (code: number): RunEnd => ({ kind: 'finished', end: { kind: 'exited', code } });
const ENDS: RunEnd[] = [
  exited(0),
  exited(1),
  { kind: 'finished', end: { kind: 'signaled', signal: 'SIGKILL' } },
  { kind: 'stopped' },
  { kind: 'stopped-unheard' },
  { kind: 'time-limit', seconds: 600 },
  { kind: 'output-limit', bytes: 1024 },
  { kind: 'budget', resource: 'memory', most: 1024 },
  { kind: 'lost', why: 'gone' },
  { kind: 'shutdown' },
];

test('a check without a verdict has not passed, however its run ends', () => {
  for (const end of ENDS) {
    for (const last of UNDECIDED) {
      const outcome = checkOutcome(last, end);
      assert.equal(outcome.kind, 'unfinished', JSON.stringify({ last, end }));
      assert.match(outcome.text, /^The check did not finish\. [A-Z].*\.$/);
    }
  }
});

test('it says why', () => {
  const why = (end: RunEnd): string => {
    const outcome = checkOutcome(PROGRESS, end);
    return outcome.kind === 'unfinished' ? outcome.text : outcome.kind;
  };
  assert.equal(
    why({ kind: 'finished', end: { kind: 'signaled', signal: 'SIGKILL' } }),
    'The check did not finish. The checker was killed by SIGKILL.',
  );
  assert.equal(
    why({ kind: 'stopped' }),
    'The check did not finish. You stopped it: every process of this run is gone.',
  );
});

test('the last word of the checker is the verdict', () => {
  assert.deepEqual(checkOutcome(PASSED, exited(0)), { kind: 'passed', seed: 5, runs: 9 });
  assert.deepEqual(checkOutcome(FAILED, exited(1)), { kind: 'failed', failure: FAILED });
});

test('a verdict that has come stays when the connection is lost after it', () => {
  assert.equal(checkOutcome(PASSED, { kind: 'lost', why: 'closed' }).kind, 'passed');
  assert.equal(checkOutcome(FAILED, { kind: 'lost', why: 'closed' }).kind, 'failed');
});

test('a checker that says “passed” and does not end well is not believed', () => {
  for (const end of ENDS.slice(1, 3)) assert.equal(checkOutcome(PASSED, end).kind, 'unfinished');
});
