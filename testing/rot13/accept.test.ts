/** What the ROT13 servers make of an accept4(2) that fails: only a shortage is a reason to wait. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { NAMES, RunningServer, greet, leave, type ServerName } from './servers.ts';
import { LIMIT } from '../patience.ts';

/** The calls in which a server can wait; those that this machine doesn't have are left out. */
const CALLS = [
  ...['accept4', '?poll', '?ppoll', '?select', '?pselect6', '?epoll_wait', '?epoll_pwait'],
  ...['?nanosleep', '?clock_nanosleep'],
].join(',');

/** Its whole time went by: a sleep, or a wait in which nothing happened. One of no time is none. */
const PAUSE =
  /^(?:clock_)?nanosleep\(|= 0 \(Timeout\)$|^epoll_p?wait\(\d+, \[\], \d+, [1-9].* = 0$/;

/** What strace(1) tells of a server whose first accept4(2) fails, from that call to the next. */
async function afterFailure(name: ServerName, error: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'accept-'));
  try {
    const trace = join(folder, 'trace');
    const inject = `inject=accept4:error=${error}:when=1`;
    // With -D the process that was started is the server itself.
    const through = ['strace', '-D', '-o', trace, '-e', `trace=${CALLS}`, '-e', inject] as const;
    await using server = await RunningServer.start(name, [], { through });
    // The failure leaves the client in the queue, so that the next call finds the same one there.
    await leave(await greet(connect({ port: server.port, allowHalfOpen: true }), 'whoever waits'));
    const calls = readFileSync(trace, 'utf8').split('\n');
    const [failed = -1, next = -1] = [...calls.keys()].filter((at) =>
      calls[at]?.startsWith('accept4('),
    );
    assert.match(calls[failed] ?? '', new RegExp(` = -1 ${error} .*\\(INJECTED\\)$`));
    assert.match(calls[next] ?? '', / = \d+$/);
    return calls.slice(failed + 1, next);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const name of NAMES) {
  suite(name, { concurrency: 1 }, () => {
    for (const error of ['EPROTO', 'ENETDOWN', 'ECONNABORTED', 'EINTR']) {
      test(`goes on at once after ${error}`, LIMIT, async () => {
        const calls = await afterFailure(name, error);
        assert.deepEqual(
          calls.filter((call) => PAUSE.test(call)),
          [],
        );
      });
    }

    for (const error of ['EMFILE', 'ENOMEM']) {
      test(`waits after ${error}, and then serves whoever waited`, LIMIT, async () => {
        const calls = await afterFailure(name, error);
        assert.ok(
          calls.some((call) => PAUSE.test(call)),
          calls.join('\n'),
        );
      });
    }
  });
}
