import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFeed } from '../../protocol/feed.ts';
import { Program } from '../../testing/program.ts';
import { TRACE_CALLS_VARIABLE, TRACE_COUNTS_VARIABLE, TRACE_VARIABLE } from './trace.ts';

const PROGRAM = `
  import { FD_SET, Timeval, fd_set, getpid, select } from 'libevent-ts/sys';
  const [read, write] = [new fd_set(), new fd_set()];
  FD_SET(0, read);
  FD_SET(1, write);
  select(2, read, write, null, new Timeval(0, 0));
  for (let index = 0; index < 3; index++) getpid();
`;

test('what the library writes to a feed is what the server reads there', async () => {
  await using program = Program.start(
    [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      PROGRAM,
    ],
    {
      directory: import.meta.dirname,
      environment: {
        [TRACE_VARIABLE]: '1',
        [TRACE_CALLS_VARIABLE]: 'select',
        [TRACE_COUNTS_VARIABLE]: '0',
      },
      waitsForInput: true,
    },
  );
  assert.equal(await program.close(), 0, program.printed);
  const lines = program.printed.trim().split('\n');
  const items = lines.map((line) => readFeed(line) ?? assert.fail(`not read: ${line}`));
  const calls = items.flatMap((item) =>
    item.kind === 'entered' || item.kind === 'left' ? [item.select] : [],
  );
  assert.deepEqual(calls, [
    { returned: false, nfds: 2, read: [0], write: [1] },
    { returned: true, read: [], write: [1] },
  ]);
  const counts = items.flatMap((item) =>
    item.kind === 'counts' ? Object.entries(item.counts) : [],
  );
  assert.equal(counts.filter(([name]) => name === 'getpid').length, 3);
});
