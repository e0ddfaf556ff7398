import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { loadLabs } from '../sandbox-server/labs.ts';
import { ROOT } from '../sandbox-server/runtime.ts';

async function freePort(): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('there is no port');
  return address.port;
}

/** `npm run lab -- …`, or a command around it. */
function lab(args: readonly string[], around: readonly string[] = []): ChildProcess {
  const [file = 'npm', ...rest] = [...around, 'npm', 'run', 'lab', '--', ...args];
  return spawn(file, rest, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

/** Ends a whole group, as a terminal’s Ctrl-C does. */
async function interrupt(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) throw new Error('it did not start');
  const gone = once(child, 'exit');
  process.kill(-child.pid, 'SIGINT');
  await gone;
}

/** Waits for a text in what a program prints; everything so far. */
async function saying(child: ChildProcess, wanted: string): Promise<string> {
  if (!child.stdout) throw new Error('it has no output');
  let said = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes(wanted)) return said;
  }
  throw new Error(`it ended after “${said}”`);
}

async function firstLine(child: ChildProcess): Promise<string> {
  const said = await saying(child, '\n');
  return said.slice(0, said.indexOf('\n'));
}

/** What nc gets back for what it sends; it shuts down its side after that. */
async function netcat(port: number, input: string): Promise<string> {
  const nc = spawn('nc', ['-N', '127.0.0.1', String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
  nc.stdin.end(input);
  return text(nc.stdout);
}

async function all(
  child: ChildProcess,
): Promise<{ out: string; error: string; code: number | null }> {
  if (!child.stdout || !child.stderr) throw new Error('it has no output');
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { out, error, code: child.exitCode };
}

const labs = await loadLabs(join(ROOT, 'content'));

suite('npm run lab', () => {
  test('prints nothing before the program’s own output, and nc gets its echo', async () => {
    const port = await freePort();
    const program = lab(['echo-listener', String(port)]);
    try {
      assert.equal(await firstLine(program), `Listening on port ${port}`);
      assert.equal(await netcat(port, 'over\nand out'), 'over\nand out');
    } finally {
      await interrupt(program);
    }
  });

  for (const [id, { definition }] of labs) {
    test(`${id} listens on the port it is given, and ends with Ctrl-C`, async () => {
      const { ready, port: usual } = definition.server;
      const port = await freePort();
      const program = lab([id, String(port)]);
      try {
        await saying(program, ready.replace(String(usual), String(port)));
      } finally {
        await interrupt(program);
      }
    });
  }

  test('a port that is none: the program’s own words, and exit status 1', async () => {
    assert.deepEqual(await all(lab(['echo-listener', '70000'])), {
      out: 'Invalid port\n',
      error: '',
      code: 1,
    });
  });

  test('an unknown lab: the ids there are', async () => {
    const { error, code } = await all(lab(['no-such-lab']));
    assert.match(error, /There is no lab “no-such-lab”/);
    assert.match(error, /Labs: .*echo-listener/);
    assert.equal(code, 2);
  });

  test('a mistyped script: npm says so where it is let, with what was meant', async () => {
    const mistyped = spawn('npm', ['run', 'chek', '--loglevel=error'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { error, code } = await all(mistyped);
    assert.match(error, /Missing script: "chek"[^]*npm run check/);
    assert.equal(code, 1);
  });

  test('the program itself makes the system calls', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'strace-'));
    const trace = join(folder, 'trace');
    const port = await freePort();
    const calls = 'socket,bind,listen,accept4,epoll_create1,epoll_ctl,epoll_wait,epoll_pwait';
    const program = lab(
      ['echo-listener', String(port)],
      ['strace', '-f', '-qq', '-e', `trace=${calls}`, '-o', trace],
    );
    try {
      await firstLine(program);
      assert.equal(await netcat(port, 'seen\n'), 'seen\n');
    } finally {
      await interrupt(program);
    }
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
