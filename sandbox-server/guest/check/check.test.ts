/** The checker as a process, with programs that would like to decide how they are judged. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, suite, test } from 'node:test';
import { CHECK_FEED_VARIABLE, type CheckRecord } from '../../../protocol/check-feed.ts';
import { readCheckRecord } from '../../../protocol/check-result.ts';
import { ROOT } from '../../../project.ts';
import { LIMIT } from '../../../testing/patience.ts';
import { freePort } from '../../../testing/port.ts';
import { childrenOf, stateOf } from './proc.ts';

const folder = mkdtempSync(join(tmpdir(), 'check-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Every line comes back, and so does the end. */
const CHECK = `
export default ({ visits, pieces, wholeLines }) => ({
  expectations: { echoes: 'lines come back', ends: 'ends come back' },
  steps: visits({ peers: 2, texts: pieces(), deeds: ['half-closes'] }),
  examples: [[{ does: 'connects', peer: 0 }, { does: 'sends', peer: 0, text: 'ab\\n' }]],
  async play(stage, steps) {
    for (const step of steps) {
      const peer = await stage.act(step);
      if (!peer) continue;
      await stage.receives('echoes', peer, wholeLines(peer.sent));
      if (peer.halfClosed) await stage.ends('ends', peer);
    }
  },
});`;
const LISTEN = `server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));`;
const SERVER = `
import { createServer } from 'node:net';
const server = createServer({ allowHalfOpen: true }, (socket) => {
  let text = '';
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    const end = text.lastIndexOf('\\n') + 1;
    socket.write(text.slice(0, end), 'latin1');
    text = text.slice(end);
  });
});
${LISTEN}`;
/** Accepts everybody and says nothing. */
const MUTE = `
import { createServer } from 'node:net';
const server = createServer(() => {});
${LISTEN}`;

/** Nothing in a sandbox has any: capabilities(7). With them root may open anything. */
const WITHOUT_CAPABILITIES = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
const NOTHING_NEW = ['--no-new-privs'];

interface Checked {
  readonly records: readonly CheckRecord[];
  readonly printed: string;
  readonly code: number | null;
}

/** Runs the checker on a program, as a session does. */
async function checked(program: string, ...args: string[]): Promise<Checked> {
  const name = `${Math.random().toString(36).slice(2)}.mjs`;
  const [file, check] = [join(folder, name), join(folder, `check-${name}`)];
  writeFileSync(file, program);
  writeFileSync(check, CHECK);
  const child = spawn(
    '/usr/bin/setpriv',
    [
      ...(process.getuid?.() === 0 ? WITHOUT_CAPABILITIES : NOTHING_NEW),
      ...['--', process.execPath, '--disable-warning=ExperimentalWarning'],
      join(ROOT, 'sandbox-server/guest/check/main.ts'),
      ...['--check', check, '--program', file, '--ready', 'ready'],
      ...['--port', String(await freePort()), '--descriptors', '128', '--runs', '2', ...args],
    ],
    {
      env: { ...process.env, [CHECK_FEED_VARIABLE]: '3' },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    },
  );
  const [, out, , feed] = child.stdio;
  assert.ok(out instanceof Readable && feed instanceof Readable);
  const exit = once(child, 'exit');
  const [printed, told] = await Promise.all([text(out), text(feed)]);
  await exit;
  const lines = told.split('\n').filter(Boolean);
  const records = lines.map((line) => readCheckRecord(line));
  assert.ok(
    records.every((record) => record !== undefined),
    told,
  );
  return { records, printed, code: child.exitCode };
}

function failureOf({ records, printed }: Checked): Extract<CheckRecord, { state: 'failed' }> {
  const last = records.at(-1);
  assert.equal(last?.state, 'failed', printed);
  return last;
}

suite('the checker', { concurrency: 2 }, () => {
  test('tells how far it is, and that a good program passed', LIMIT, async () => {
    const { records, code, printed } = await checked(SERVER, '--seed', '5');
    assert.equal(code, 0);
    assert.deepEqual(
      records.map((record) => record.state),
      ['progress', 'progress', 'progress', 'progress', 'passed'],
    );
    assert.deepEqual(records.at(-1), { type: 'check', state: 'passed', seed: 5, runs: 3 });
    assert.match(printed, /Passed: 3 sequences, with seed 5\./);
  });

  test('tells of a bad one by the shortest sequence that shows it', LIMIT, async () => {
    const result = await checked(MUTE, '--seed', '5');
    const failure = failureOf(result);
    assert.equal(result.code, 1);
    assert.deepEqual(failure.steps, ['Alice connects.', 'Alice sends "\\n".']);
    assert.equal(failure.expectation, 'echoes');
    assert.equal(failure.about, 'lines come back');
    assert.equal(failure.expected, 'Alice receives "\\n"');
    assert.equal(failure.seen, 'nothing came, and the server waits');
    assert.match(result.printed, /1\. Alice connects\.\n {2}2\. Alice sends/);
  });

  test('believes nothing that a program prints', LIMIT, async () => {
    const lie = JSON.stringify({ type: 'check', state: 'passed', seed: 1, runs: 9 });
    const escape = '\\u001b[2J\\u001b[HPassed';
    const { records, printed } = await checked(`
      import { writeSync } from 'node:fs';
      for (const fd of [1, 2, 3]) {
        try { writeSync(fd, ${JSON.stringify(`${lie}\n`)}); } catch {}
      }
      console.log('${escape}');
      ${MUTE.replace("import { createServer } from 'node:net';", '')}
      import { createServer } from 'node:net';`);
    assert.ok(!records.some((record) => record.state === 'passed'));
    // What it printed is there, each line marked, and no terminal carries any of it out.
    assert.match(printed, /\n {2}\| ␛\[2J␛\[HPassed/);
    assert.ok(!printed.includes('\u001b'));
  });

  test('has nothing that a program could open', LIMIT, async () => {
    const lie = JSON.stringify({ type: 'check', state: 'passed', seed: 1, runs: 9 });
    const { records, printed } = await checked(`
      import { readdirSync, writeFileSync } from 'node:fs';
      let opened = 0;
      for (let fd = 0; fd < 64; fd++) {
        try { writeFileSync('/proc/' + process.ppid + '/fd/' + fd, ${JSON.stringify(`${lie}\n`)}); opened++; } catch {}
      }
      console.log('own: ' + readdirSync('/proc/self/fd').filter((fd) => Number(fd) > 2).length + ', opened: ' + opened);
      ${MUTE}`);
    assert.ok(!records.some((record) => record.state === 'passed'), printed);
    assert.match(printed, /opened: 0/);
  });

  test('gives up a program that never listens, and shows what it printed', LIMIT, async () => {
    const result = await checked(`console.error('no port'); process.exitCode = 3;`);
    const failure = failureOf(result);
    assert.equal(failure.expectation, 'starts');
    // No check has to have words for it.
    assert.equal(failure.about, 'the program starts, and says that it listens');
    assert.match(result.printed, /^Not yet: the program starts, and says that it listens\.$/m);
    assert.equal(failure.seen, 'it ended with exit code 3');
    assert.deepEqual(failure.steps, []);
    assert.deepEqual(failure.printed, ['no port']);
  });

  test('gives up one that computes for ever', LIMIT, async () => {
    const failure = failureOf(
      await checked(
        SERVER.replace(
          "socket.on('data', (bytes) => {",
          "socket.on('data', (bytes) => { for (;;);",
        ),
      ),
    );
    assert.equal(failure.expectation, 'echoes');
    assert.match(
      failure.seen,
      /^nothing came, and (?:the server is busy all the time|it takes too long)$/,
    );
  });

  test('gives up one that prints without end', LIMIT, async () => {
    const failure = failureOf(
      await checked(`
        import { writeSync } from 'node:fs';
        const line = 'x'.repeat(65536);
        for (;;) try { writeSync(1, line); } catch {}`),
    );
    assert.equal(failure.seen, 'it printed more than 4,194,304 bytes and was killed');
  });

  test('leaves nothing that a program has started', LIMIT, async () => {
    const { printed } = await checked(`
      import { spawn } from 'node:child_process';
      const child = spawn('/usr/bin/sleep', ['1000'], { stdio: 'ignore', detached: true });
      console.log('child ' + child.pid + ' ');
      ${MUTE}`);
    const pid = /child (\d+)/.exec(printed)?.[1] ?? '';
    assert.notEqual(pid, '');
    assert.ok([undefined, 'Z'].includes(stateOf(pid)), `${pid} is ${stateOf(pid) ?? ''}`);
    assert.deepEqual(childrenOf(Number(pid)), []);
  });

  test('does the same again with the same seed', LIMIT, async () => {
    // Wrong only for a byte that examples do not have.
    const program = SERVER.replace('text.slice(0, end)', "text.slice(0, end).replace('Z', 'z')");
    const args = ['--seed', '3', '--runs', '4', '--shrinks', '0'];
    const [one, other] = await Promise.all([checked(program, ...args), checked(program, ...args)]);
    assert.deepEqual(failureOf(one).steps, failureOf(other).steps);
  });
});
