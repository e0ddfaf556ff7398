import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, suite, test } from 'node:test';
import { CONTENT, ROOT } from '../project.ts';
import { descendantsOf } from '../sandbox-server/process/process-tree.ts';
import { whyNoUring } from '../testing/io-uring.ts';
import { LABS } from '../testing/labs.ts';
import { freePort } from '../testing/port.ts';
import { Program } from '../testing/program.ts';

/** What `npm run lab` runs, without what npm itself takes. */
function script(...args: string[]): Program {
  return Program.start([process.execPath, join(ROOT, 'scripts', 'lab.ts'), ...args], {
    directory: ROOT,
    leadsGroup: true,
  });
}

/** `npm run -s lab -- …`, or a command around it. */
function lab(args: readonly string[], around: readonly string[] = []): Program {
  const [file = 'npm', ...rest] = [...around, 'npm', 'run', '-s', 'lab', '--', ...args];
  return Program.start([file, ...rest], { directory: ROOT, leadsGroup: true });
}

/** What nc gets back for what it sends; it shuts down its side after that. */
async function netcat(port: number, input: string): Promise<string> {
  const nc = spawn('nc', ['-N', '127.0.0.1', String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  nc.stdin.end(input);
  return text(nc.stdout);
}

suite('npm run lab', () => {
  test('prints nothing before the program’s own output, and nc gets its echo', async () => {
    const port = await freePort();
    await using program = lab(['echo-listener', String(port)]);
    assert.equal(await program.line(), `Listening on port ${port}`);
    assert.equal(await netcat(port, 'over\nand out'), 'over\nand out');
    await program.interrupt();
  });

  for (const [id, { definition }] of LABS) {
    // It watches descriptors, and is no server.
    if (definition.measures?.kind === 'passes') continue;
    test(`${id} listens on the port it is given, and ends with Ctrl-C`, async () => {
      const { ready, port: usual } = definition.server;
      const port = await freePort();
      await using program = script(id, String(port));
      await program.prints(ready.replace(String(usual), String(port)));
      await program.interrupt();
    });
  }

  test('a way that completes has its ring', { skip: whyNoUring() }, async () => {
    /** How many rings the processes below a script have. */
    const ringsOf = async (way: string): Promise<number> => {
      const port = String(await freePort());
      await using program = script('echo-completion', port, '--way', way);
      await program.prints(`Listening on port ${port}`);
      const descriptors = descendantsOf(program.pid).flatMap((pid) =>
        readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)),
      );
      await program.interrupt();
      return descriptors.filter((target) => target === 'anon_inode:[io_uring]').length;
    };
    // Node has some of its own, to pass several epoll_ctl(2) at once.
    assert.equal(await ringsOf('io-uring'), (await ringsOf('epoll')) + 1);
  });

  test('a program that says what a pass costs takes its method and how many are busy', async () => {
    await using program = script('dispatch-cost', 'select', '10');
    await program.prints(/^100 descriptors: \d+\.\d µs a pass$/m);
    await program.prints('1900 descriptors: not with select. An fd_set has 1024 bits');
    assert.equal(await program.close(), 0);
  });

  test('a way adds its arguments, or changes the program', async () => {
    const port = String(await freePort());
    await using poll = script('rot13-event', port, '--way', 'poll');
    await poll.prints(`Listening on port ${port} with poll\n`);
    await poll.interrupt();
    await using napping = script('two-sockets-nonblocking', '--way', 'nap-10', port);
    await napping.prints(`Listening on port ${port}\n`);
    const copy = join(ROOT, 'dist/ways/two-sockets-nonblocking/nap-10/server.ts');
    assert.match(readFileSync(copy, 'utf8'), /nanosleep\(new Timespec\(0, 10_000_000\)\);/);
    await napping.interrupt();
  });

  test('an unknown way: those there are', async () => {
    await using program = script('rot13-fork', '--way', 'zombie');
    assert.equal(await program.close(), 1);
    assert.match(
      program.printed,
      /rot13-fork has no way “zombie”\. Did you mean “zombies”\? Write --way with .*“listener-open”/,
    );
  });

  test('a port that is none: the program’s own words, and exit status 1', async () => {
    await using program = lab(['echo-listener', '70000']);
    const code = await program.close();
    assert.deepEqual([code, program.printed], [1, 'Invalid port\n']);
  });

  test('an unknown lab: the ids there are', async () => {
    await using program = lab(['no-such-lab']);
    assert.equal(await program.close(), 2);
    assert.match(program.printed, /There is no lab “no-such-lab”/);
    assert.match(program.printed, /The labs are: .*echo-listener/);
  });

  suite('--program', () => {
    const folder = mkdtempSync(join(tmpdir(), 'readable-program-'));
    after(() => rmSync(folder, { recursive: true }));
    const file = (name: string, source: string): string => {
      const path = join(folder, name);
      writeFileSync(path, source);
      return path;
    };

    test('runs a reader’s file in place of the lab’s server program', async () => {
      const [port, inPlace] = [await freePort(), join(CONTENT, 'processes/rot13-fork/server.ts')];
      const own = `console.log('mine');\n${readFileSync(inPlace, 'utf8')}`;
      const path = file('download.ts', own);
      await using program = script('rot13-fork', '--program', path, String(port));
      await program.prints(/mine\nListening on port/);
      assert.equal(await netcat(port, 'uryyb\n'), 'hello\n');
      await program.interrupt();
    });

    test('a stack names that file; what it is not, is said', async () => {
      const throws = file('throws.ts', "type A = string;\nthrow new Error('oh' satisfies A);\n");
      const cases: [string, RegExp][] = [
        [throws, new RegExp(`at ${throws}:2:7`)],
        [file('bad.ts', 'let a = ;'), /bad\.ts:1:9: Expression expected\n {2}let a = ;/],
        [join(folder, 'none.ts'), /^There is no file .*none\.ts\.\n/],
        [folder, / is no file\.\n/],
        [file('a.txt', ''), /a\.txt does not end in \.ts/],
      ];
      for (const [path, words] of cases) {
        await using program = script('echo-listener', '--program', path);
        assert.equal(await program.close(), 1);
        assert.match(program.printed, words);
      }
    });
  });

  test('a mistyped script: npm says so, with what was meant', async () => {
    await using mistyped = Program.start(['npm', 'run', 'chek'], { directory: ROOT });
    assert.equal(await mistyped.close(), 1);
    assert.match(mistyped.printed, /Missing script: "chek"[^]*npm run check/);
  });

  test('without -s npm says what it runs, and adds nothing when that fails', async () => {
    await using program = Program.start(['npm', 'run', 'lab', '--', 'echo-listener', 'x'], {
      directory: ROOT,
    });
    assert.equal(await program.close(), 1);
    assert.match(program.printed, /> node .*scripts\/lab\.ts echo-listener x\n\nInvalid port\n$/);
  });

  test('the program itself makes the system calls', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'strace-'));
    const trace = join(folder, 'trace');
    const port = await freePort();
    const calls = 'socket,bind,listen,accept4,epoll_create1,epoll_ctl,epoll_wait,epoll_pwait';
    await using program = lab(
      ['echo-listener', String(port)],
      ['strace', '-f', '-qq', '-e', `trace=${calls}`, '-o', trace],
    );
    await program.line();
    assert.equal(await netcat(port, 'seen\n'), 'seen\n');
    await program.interrupt();
    const lines = readFileSync(trace, 'utf8').split('\n');
    const one = (pattern: RegExp): RegExpExecArray => {
      const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
      assert.ok(found, `${String(pattern)} in\n${lines.join('\n')}`);
      return found;
    };
    const bind = one(new RegExp(`^(\\d+) +bind\\((\\d+), .*sin_port=htons\\(${port}\\)`));
    const [, pid = '', fd = ''] = bind;
    one(new RegExp(`^${pid} +socket\\(AF_INET, SOCK_STREAM.*= ${fd}$`));
    one(new RegExp(`^${pid} +listen\\(${fd}, 128\\)`));
    const watch = one(new RegExp(`^${pid} +epoll_ctl\\((\\d+), EPOLL_CTL_ADD, ${fd}, `));
    one(new RegExp(`^${pid} +epoll_p?wait\\(${watch[1] ?? ''}, `));
    one(new RegExp(`^${pid} +accept4\\(${fd}, .*SOCK_NONBLOCK`));
    rmSync(folder, { recursive: true });
  });
});
