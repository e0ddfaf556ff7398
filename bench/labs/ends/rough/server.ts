/**
 * An echo server that does what it is typed, a line of a word and a name each: it takes the name, by
 * which it is found from outside, does what the word says, and says “Done”.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const STDOUT = 1;
const CHILDREN = 20;
const BLOCK = `${'x'.repeat(1000)}\n`;
const SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGTSTP',
  'SIGUSR2',
  'SIGPIPE',
] as const;
/** What a daemon does: it ignores all that it can, and stays. */
const DAEMON = `for (const signal of ${JSON.stringify(SIGNALS)}) process.on(signal, () => {});
setInterval(() => {}, 1000);`;

/** Leaves its parent, its group, its session and its terminal. */
function startDaemon(): void {
  spawn(process.execPath, ['-e', DAEMON], { detached: true, stdio: 'ignore' }).unref();
}

/** Children of children, each second one of them dead and never waited for. */
async function fork(): Promise<void> {
  const sys = await import('libevent-ts/sys');
  for (let index = 0; index < CHILDREN; index++) {
    if (sys.fork() !== 0) continue;
    if (index % 2 === 0) sys._exit(0);
    sys.fork();
    for (;;) sys.nanosleep(new sys.Timespec(3600));
  }
}

const WORDS: Readonly<Record<string, () => unknown>> = {
  stay() {},
  daemon: startDaemon,
  fork,
  ignore: () => SIGNALS.forEach((signal) => process.on(signal, () => {})),
  stop: () => setImmediate(() => process.kill(process.pid, 'SIGSTOP')),
  exit: () => setImmediate(() => process.exit(3)),
  throw: () =>
    setImmediate(() => {
      throw new Error('thrown');
    }),
  die: () => setImmediate(() => process.kill(process.pid, 'SIGKILL')),
  leave() {
    startDaemon();
    setImmediate(() => process.exit(0));
  },
  print: () =>
    setImmediate(() => {
      for (;;) writeSync(STDOUT, BLOCK);
    }),
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const [word = '', name = ''] = line.split(' ');
  process.title = name;
  void (async () => {
    await WORDS[word]?.();
    console.log(`Done ${name}`);
  })();
});
createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(
  9876,
  '127.0.0.1',
  () => {
    console.log('Listening');
  },
);
