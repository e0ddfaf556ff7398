import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { Allowance } from '../allowance.ts';
import { findBelow } from '../../testing/leftovers.ts';
import { until } from '../../testing/until.ts';
import type { Launch } from './launch.ts';
import type { ProcessEnd } from '../../protocol/messages.ts';
import { TerminalProcess } from './terminal-process.ts';

/** A plain process: what surrounds it in a sandbox is tested with sessions. */
function shell(script: string, feed = false): Launch {
  return {
    file: 'setsid',
    args: ['-c', 'sh', '-c', script],
    uid: undefined,
    directory: '/',
    wrapped: false,
    descriptors: [],
    environment: {},
    feed,
  };
}

/** Starts a process; `ended` has its end and all it printed, which `onOutput` sees grow. */
function start(script: string, onOutput: (printed: string) => void = () => {}) {
  let printed = '';
  const { promise, resolve } = Promise.withResolvers<{ end: ProcessEnd; printed: string }>();
  const process = new TerminalProcess(
    shell(script),
    { cols: 80, rows: 24 },
    {
      output: (bytes) => {
        printed += bytes.toString();
        onOutput(printed);
      },
      end: (end) => {
        resolve({ end, printed });
      },
    },
  );
  return { process, ended: promise };
}

/** Leaves a process behind that has nothing of it but its feed, and prints its id. */
const STAYS = 'trap "" HUP; setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!';

/** Starts a process with a feed, its descriptor 3; `told` has what it has told by its end. */
function startTelling(script: string, onOutput: (printed: string) => void = () => {}) {
  const lines: string[] = [];
  const { promise, resolve } = Promise.withResolvers<{ printed: string; told: string[] }>();
  let printed = '';
  const process = new TerminalProcess(
    shell(script, true),
    { cols: 80, rows: 24 },
    {
      output: (bytes) => {
        printed += bytes.toString();
        onOutput(printed);
      },
      feed: {
        hearing: new Allowance(1e9, 1e9, performance.now()),
        takes: () => true,
        line: (line) => lines.push(line),
        tooLong: () => {},
        dropped: () => assert.fail('lines were dropped'),
        skipped: () => assert.fail('lines were dropped'),
        closed: () => assert.fail('the feed was closed'),
      },
      end: () => resolve({ printed, told: [...lines] }),
    },
  );
  return { process, ended: promise };
}

/** Types `text` once `cue` is on the screen. */
async function typed(script: string, cue: string, text: string) {
  let done = false;
  const { process, ended } = start(script, (printed) => {
    if (done || !printed.includes(cue)) return;
    done = true;
    process.write(Buffer.from(text));
  });
  return ended;
}

suite('a process on a terminal', () => {
  test('prints, and exits with its code', async () => {
    const { end, printed } = await start('echo hello; exit 3').ended;
    assert.equal(printed, 'hello\r\n');
    assert.deepEqual(end, { kind: 'exited', code: 3 });
  });

  test('an exit code is one, whatever a shell would make of it', async () => {
    const { end } = await start('exit 130').ended;
    assert.deepEqual(end, { kind: 'exited', code: 130 });
  });

  test('all output arrives before the end, however much there is', async () => {
    const { printed } = await start('seq 1 200000').ended;
    assert.ok(printed.endsWith('200000\r\n'));
    assert.equal(printed.split('\r\n').length, 200_001);
  });

  test('all that it told arrives before the end, however slowly it is read', async () => {
    // More than is taken at once: the last of it waits in the pipe when the process is gone.
    const { ended } = startTelling("head -c 12582912 /dev/zero >&3; printf '\\nlast\\n' >&3");
    assert.deepEqual((await ended).told, ['last']);
  });

  test('one who stays and keeps its feed does not keep its end', async () => {
    const { ended } = startTelling(`${STAYS}; echo told >&3`);
    const { printed, told } = await ended;
    process.kill(Number(printed), 0);
    process.kill(Number(printed));
    assert.deepEqual(told, ['told']);
  });

  test('of one who stays nothing is told after the end', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'feed-'));
    try {
      const said = join(directory, 'said');
      const tells = `trap "" PIPE HUP
        trap "if echo late >&3; then echo told; else echo refused; fi >${said}.new
          mv ${said}.new ${said}; exit" USR1
        echo $$; while :; do sleep 0.1; done`;
      writeFileSync(join(directory, 'stays.sh'), tells);
      const { ended } = startTelling(`trap "" HUP
        setsid sh ${directory}/stays.sh >${directory}/pid 2>/dev/null </dev/null &
        until [ -s ${directory}/pid ]; do sleep 0.01; done; cat ${directory}/pid`);
      const { printed } = await ended;
      process.kill(Number(printed), 'SIGUSR1');
      await until('it has tried', () => existsSync(said));
      assert.equal(readFileSync(said, 'utf8'), 'refused\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('killed, it has its end without what is left in its feed', async ({ mock }) => {
    // No time that it might wait for passes.
    mock.timers.enable({ apis: ['setTimeout'] });
    const started = Promise.withResolvers<string>();
    const { process: killed, ended } = startTelling(`${STAYS}; exec sleep 1001`, started.resolve);
    const pid = Number(await started.promise);
    killed.kill();
    await ended;
    process.kill(pid);
  });

  test('a paused process keeps its last words', async () => {
    const { process: paused, ended } = start('echo last words');
    paused.pause();
    await until('it is gone', () => findBelow(process.pid, 'last words').length === 0);
    paused.resume();
    assert.equal((await ended).printed, 'last words\r\n');
  });

  test('reads what is typed; Ctrl-D is its end of file', async () => {
    const { printed } = await typed('echo go; cat; echo done', 'go', 'typed\n\x04');
    assert.equal(printed, 'go\r\ntyped\r\ntyped\r\ndone\r\n');
  });

  test('Backspace takes a whole character', async () => {
    const { printed } = await typed('echo go; head -n 1 | od -An -c', 'go', 'é\x7f\n');
    assert.match(printed, /^ +\\n\r\n$/m);
  });

  test('Ctrl-S stops nothing, and is typed like any other key', async () => {
    const { printed } = await typed('echo go; head -n 1 | od -An -t x1', 'go', 'a\x13b\n');
    assert.match(printed, /^ 61 13 62 0a\r\n$/m);
  });

  test('Ctrl-C is SIGINT', async () => {
    // exec: dash loses a SIGINT that comes while it starts a command of its own.
    const { end } = await typed('echo go; exec cat', 'go', '\x03');
    assert.deepEqual(end, { kind: 'signaled', signal: 'SIGINT' });
  });

  test('has the size it was given, and the one it is given later', async () => {
    let resized = false;
    const { process, ended } = start('stty size; read -r _; stty size', (printed) => {
      if (resized || !printed.includes('24 80')) return;
      resized = true;
      process.resize({ cols: 100, rows: 30 });
      process.write(Buffer.from('\n'));
    });
    assert.equal((await ended).printed, '24 80\r\n\r\n30 100\r\n');
  });

  test('is stopped with what it started', async () => {
    const { process, ended } = start('sleep 1000 & sleep 1000');
    process.kill();
    assert.deepEqual((await ended).end, { kind: 'stopped' });
  });

  test('input is bounded for a program that never reads', async () => {
    const { process, ended } = start('sleep 1000');
    const line = Buffer.from(`${'x'.repeat(1000)}\n`);
    let taken = 0;
    while (process.write(line)) taken += line.length;
    assert.ok(taken > 200_000 && taken < 1_000_000, `${taken} bytes were taken`);
    process.kill();
    await ended;
  });

  test('input of any number of pieces waits as one, and all of it arrives', async () => {
    // It reads only when it is told to, by a file: until then its terminal is full.
    const gate = join(mkdtempSync(join(tmpdir(), 'gate-')), 'open');
    const read = `while [ ! -e ${gate} ]; do sleep 0.05; done; exec head -c 240000`;
    const { process, ended } = start(`stty raw -echo; echo go; ${read}`, (printed) => {
      if (printed.startsWith('go') && !typed) type();
    });
    let typed = '';
    function type(): void {
      for (let index = 0; typed.length < 240_000; index++) {
        process.write(Buffer.alloc(0));
        const piece = `${index} `.slice(0, 240_000 - typed.length);
        assert.ok(process.write(Buffer.from(piece)), `piece ${index} was dropped`);
        typed += piece;
      }
      writeFileSync(gate, '');
    }
    const { printed } = await ended;
    rmSync(dirname(gate), { recursive: true });
    assert.ok(printed.endsWith(typed), 'something else came than was typed');
  });

  test('input for a program that never reads is dropped, and empty pieces take no room', async () => {
    const { process, ended } = start('stty raw -echo; sleep 1000');
    while (process.write(Buffer.alloc(1000, 'x')));
    for (let index = 0; index < 400_000; index++) {
      assert.ok(process.write(Buffer.alloc(0)));
    }
    assert.equal(process.write(Buffer.alloc(1000, 'x')), false);
    process.kill();
    await ended;
  });

  test('a command that does not exist is a failure in words', async () => {
    const launch = { ...shell(''), file: '/no/such/command' };
    const end = await new Promise<ProcessEnd>((resolve) => {
      new TerminalProcess(launch, { cols: 80, rows: 24 }, { output: () => {}, end: resolve });
    });
    assert.equal(end.kind, 'failed');
    assert.match(JSON.stringify(end), /ENOENT/);
  });
});
