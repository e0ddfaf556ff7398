import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { test } from 'node:test';
import { checkDescriptors } from '../testing/descriptors.ts';
import { runProgram, type ProgramEnd } from '../testing/program.ts';
import * as sys from './index.ts';

checkDescriptors();

/** Runs a program that has this module as `sys`, in a process that can fork. */
function run(program: string, flags?: string[]): ProgramEnd {
  const module = JSON.stringify(new URL('./index.ts', import.meta.url).href);
  return runProgram(`import * as sys from ${module};\n${program}`, flags);
}

/** Runs it and returns what it printed. */
function output(program: string): string {
  const { status, stdout, stderr } = run(program);
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout;
}

test('getpid, getppid, kill with signal 0', () => {
  assert.equal(sys.getpid(), process.pid);
  assert.equal(sys.getppid(), process.ppid);
  assert.equal(sys.kill(process.pid, 0), 0);
});

test('a process without children has none to wait for', () => {
  assert.equal(sys.waitpid(2 ** 22, null, sys.WNOHANG), -1);
  assert.equal(sys.errno(), sys.ECHILD);
  assert.throws(() => sys.waitpid(-1, new Int32Array(0)), RangeError);
});

test('kill ends another process with the signal', async () => {
  const child = spawn('sleep', ['1000']);
  assert.ok(child.pid !== undefined);
  assert.equal(sys.kill(child.pid, constants.signals.SIGTERM), 0);
  const exit: unknown[] = await once(child, 'exit');
  assert.deepEqual(exit, [null, 'SIGTERM']);
  assert.equal(sys.kill(child.pid, 0), -1);
  assert.equal(sys.errno(), sys.ESRCH);
});

test('fork without --single-threaded says what is missing', () => {
  const { status, stderr } = run('sys.fork();', []);
  assert.equal(status, 1);
  assert.match(stderr, /Error: fork\(\) .* node --single-threaded/);
});

test('fork refuses to copy a worker', () => {
  const printed = output(`
    import { isMainThread, Worker } from 'node:worker_threads';
    const module = ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const worker = new Worker(\`import(\${JSON.stringify(module)}).then((sys) => sys.fork())\`, { eval: true });
    worker.on('error', (error) => console.log(error.message));
  `);
  assert.match(printed, /a worker cannot call it/);
});

test('fork: memory is copied, descriptors are shared, the child has its own number', () => {
  const printed = output(`
    const pair = new Int32Array(2);
    sys.pipe2(pair);
    const memory = { text: 'before' };
    const parent = sys.getpid();
    const pid = sys.fork();
    if (pid === 0) {
      memory.text = 'changed';
      sys.write(pair[1], Buffer.from([sys.getpid(), process.pid, sys.getppid() === parent].join(' ')));
      sys._exit(7);
    }
    const status = new Int32Array(1);
    const waited = sys.waitpid(pid, status);
    const bytes = Buffer.alloc(100);
    const said = bytes.toString('latin1', 0, sys.read(pair[0], bytes));
    console.log(waited === pid, said === pid + ' ' + pid + ' true', memory.text);
    console.log(sys.WIFEXITED(status[0]), sys.WEXITSTATUS(status[0]), sys.WIFSIGNALED(status[0]));
    console.log(process.pid === parent, sys.waitpid(-1, null) === -1 && sys.errno() === sys.ECHILD);
  `);
  assert.equal(printed, 'true true before\ntrue 7 false\ntrue true\n');
});

test('fork: timers, promises, console.log, exit handlers and the end of the process work in the child', () => {
  const printed = output(`
    process.on('exit', () => console.log('parent and child', process.pid === sys.getpid()));
    const pid = sys.fork();
    if (pid === 0) {
      process.on('exit', (status) => console.log('child only', status));
      await new Promise((resolve) => setTimeout(resolve, 1));
      console.log('child after a timer');
      process.exitCode = 3;
    } else {
      const status = new Int32Array(1);
      sys.waitpid(pid, status);
      console.log('exited', sys.WEXITSTATUS(status[0]));
    }
  `);
  assert.equal(
    printed,
    'child after a timer\nparent and child true\nchild only 3\nexited 3\nparent and child true\n',
  );
});

test('fork: an exception that nobody catches ends the child with 1, as any Node program', () => {
  const { stdout, stderr } = run(`
    const pid = sys.fork();
    if (pid === 0) throw new Error('in the child');
    const status = new Int32Array(1);
    sys.waitpid(pid, status);
    console.log(sys.WEXITSTATUS(status[0]));
  `);
  assert.match(stderr, /Error: in the child/);
  assert.equal(stdout, '1\n');
});

test('fork: a child of a child, and a hundred in a row', () => {
  const printed = output(`
    const status = new Int32Array(1);
    let ended = 0;
    for (let i = 0; i < 100; i++) {
      const pid = sys.fork();
      if (pid === 0) {
        const grandchild = sys.fork();
        if (grandchild === 0) process.exit(40);
        sys.waitpid(grandchild, status);
        const garbage = Array.from({ length: 1000 }, (_, n) => ({ n }));
        process.exit(sys.WEXITSTATUS(status[0]) + (garbage.length === 1000 ? 2 : 0));
      }
      sys.waitpid(pid, status);
      if (status[0] === 42 << 8) ended++;
    }
    console.log(ended);
  `);
  assert.equal(printed, '100\n');
});

test('fork waits until no other thread is at work', () => {
  // What such a thread held at the moment of the copy would be held for ever in the child: the lock
  // of V8 on its code, which a thread that compiles takes again and again.
  const printed = output(`
    import { Worker } from 'node:worker_threads';
    const ended = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(\`
      import { parentPort, workerData } from 'node:worker_threads';
      parentPort.postMessage('begun');
      let sum = 0;
      for (let i = 0; i < 3000; i++) sum += new Function('a', 'return a + ' + i)(1);
      Atomics.store(workerData, 0, 1);
    \`, { eval: true, workerData: ended });
    await new Promise((resolve) => worker.once('message', resolve));
    const pid = sys.fork();
    const atRest = Atomics.load(ended, 0);
    if (pid === 0) sys._exit(0);
    sys.waitpid(pid, null);
    console.log(atRest);
  `);
  assert.equal(printed, '1\n');
});

test('fork without a free descriptor returns -1, the first time and later, and works again after', () => {
  const printed = output(`
    const limit = new sys.Rlimit();
    sys.getrlimit(sys.RLIMIT_NOFILE, limit);
    const status = new Int32Array(1);
    for (let i = 0; i < 2; i++) {
      sys.setrlimit(sys.RLIMIT_NOFILE, new sys.Rlimit(0, limit.maximum));
      console.log(sys.fork(), sys.errno() === sys.EMFILE);
      sys.setrlimit(sys.RLIMIT_NOFILE, limit);
      const pid = sys.fork();
      if (pid === 0) {
        const garbage = Array.from({ length: 1000 }, (_, n) => ({ n }));
        process.exit(garbage.length === 1000 ? 42 : 1);
      }
      sys.waitpid(pid, status);
      console.log(sys.WEXITSTATUS(status[0]));
    }
  `);
  assert.equal(printed, '-1 true\n42\n-1 true\n42\n');
});

test('waitpid: WNOHANG, WUNTRACED and a child that a signal ends', () => {
  const { SIGCONT, SIGKILL, SIGSTOP } = constants.signals;
  const printed = output(`
    const status = new Int32Array(1);
    const pid = sys.fork();
    if (pid === 0) for (;;) sys.nanosleep(new sys.Timespec(1000));
    console.log(sys.waitpid(pid, status, sys.WNOHANG));
    sys.kill(pid, ${SIGSTOP});
    sys.waitpid(pid, status, sys.WUNTRACED);
    console.log(sys.WIFSTOPPED(status[0]), sys.WSTOPSIG(status[0]), sys.WIFEXITED(status[0]));
    sys.kill(pid, ${SIGCONT});
    sys.kill(pid, ${SIGKILL});
    sys.waitpid(pid, status);
    console.log(sys.WIFSIGNALED(status[0]), sys.WTERMSIG(status[0]), sys.WIFSTOPPED(status[0]));
  `);
  assert.equal(printed, `0\ntrue ${SIGSTOP} false\ntrue ${SIGKILL} false\n`);
});

test('execve: another program in the same process', () => {
  const printed = output(`
    const pid = sys.fork();
    if (pid === 0) {
      const script = 'echo "$0 $1 $VARIABLE $$"';
      sys.execve('/bin/sh', ['sh', '-c', script, 'name', 'argument'], ['VARIABLE=value']);
      sys._exit(127);
    }
    const status = new Int32Array(1);
    sys.waitpid(pid, status);
    console.log('pid', pid, sys.WEXITSTATUS(status[0]));
  `);
  const [said, pid] = printed.split('\n');
  assert.equal(said, `name argument value ${String(pid?.split(' ')[1])}`);
  assert.match(printed, /^pid \d+ 0$/m);
});

test('execve that fails returns', () => {
  assert.equal(sys.execve('/nowhere/program', ['program'], []), -1);
  assert.equal(sys.errno(), sys.ENOENT);
  assert.throws(() => sys.execve('/bin/sh', ['sh', 'a\0b'], []), TypeError);
});
