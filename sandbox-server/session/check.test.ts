/** An exercise is checked in a real sandbox, through the real WebSocket. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { CheckRecord } from '../../protocol/check-feed.ts';
import type { Edit } from '../../protocol/messages.ts';
import { CONTENT } from '../../project.ts';
import { Reader, serve, type TestServer } from '../testing/reader.ts';
import { LIMIT } from '../../testing/patience.ts';

const LAB = 'close-in-the-parent';

function program(file: string): string {
  return readFileSync(join(CONTENT, 'processes', LAB, file), 'utf8');
}

/** How a check went. */
async function resultOf(reader: Reader): Promise<CheckRecord | undefined> {
  const end = await reader.end();
  assert.equal(end.kind, 'finished', JSON.stringify(end));
  const records = reader.messages.flatMap((message) =>
    message.type === 'checked' ? [message.record] : [],
  );
  assert.equal(records[0]?.state, 'progress');
  return records.at(-1);
}

suite('a check in a sandbox', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    server = await serve(CONTENT, { READABLE_EDITS: 'on' }, LAB);
  });
  after(() => server[Symbol.asyncDispose]());

  function check(seed: number | null, text?: string): Promise<Reader> {
    const edits: Edit[] = text === undefined ? [] : [{ file: 'server.ts', text }];
    return Reader.start(server.port, LAB, undefined, undefined, edits, seed);
  }

  test('the book’s program fails, and the page is told how', LIMIT, async () => {
    const result = await resultOf(await check(5));
    assert.equal(result?.state, 'failed', JSON.stringify(result));
    assert.equal(result.expectation, 'ends');
    assert.equal(result.seed, 5);
    assert.ok(result.steps.includes('Alice connects.'), JSON.stringify(result));
  });

  test('a reader’s own program passes', LIMIT, async () => {
    const result = await resultOf(await check(null, program('solution.ts')));
    assert.equal(result?.state, 'passed', JSON.stringify(result));
  });

  test('a program that writes to its checker’s feed is not believed', LIMIT, async () => {
    const lie: CheckRecord = { type: 'check', state: 'passed', seed: 1, runs: 9 };
    const result = await resultOf(
      await check(
        1,
        `import { readdirSync, writeFileSync } from 'node:fs';
        const line = ${JSON.stringify(`${JSON.stringify(lie)}\n`)};
        console.log(line);
        for (const pid of readdirSync('/proc')) {
          for (let fd = 0; fd < 30; fd++) {
            try { writeFileSync('/proc/' + pid + '/fd/' + fd, line); } catch {}
          }
        }`,
      ),
    );
    assert.equal(result?.state, 'failed', JSON.stringify(result));
    assert.equal(result.expectation, 'starts');
  });

  test('a program that asks its checker for a debugger gets none', LIMIT, async () => {
    const reader = await check(
      1,
      `process.kill(process.ppid, 'SIGUSR1');
      setTimeout(async () => {
        const [{ webSocketDebuggerUrl }] = await (await fetch('http://127.0.0.1:9229/json/list')).json();
        console.log('Within reach: ' + webSocketDebuggerUrl);
      }, 500);`,
    );
    const end = await reader.end();
    assert.equal(end.kind, 'finished');
    assert.doesNotMatch(reader.shown.get('server') ?? '', /Debugger|Within reach/);
    const states = reader.messages.flatMap((each) =>
      each.type === 'checked' ? [each.record.state] : [],
    );
    assert.ok(!states.includes('passed'), JSON.stringify(states));
  });
});

test('a lab that is no exercise is not checked', LIMIT, async () => {
  await using server = await serve(CONTENT, {}, 'echo-listener');
  const reader = await Reader.start(server.port, 'echo-listener', undefined, undefined, [], 1);
  const end = await reader.end();
  assert.equal(end.kind, 'refused', JSON.stringify(end));
});
