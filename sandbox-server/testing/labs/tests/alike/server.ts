/** Says all that a program can know of how it was started, then does what it is told to. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { Worker, isMainThread } from 'node:worker_threads';
import { getpid } from 'libevent-ts/sys';

interface Told {
  readonly what: string;
}

function fields(file: string, names: readonly string[]): string[] {
  const lines = readFileSync(file, 'latin1').split('\n');
  return lines.filter((line) => names.some((name) => line.startsWith(name)));
}

/** Each by its number, which it gets when it is opened, and what kind it is. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const kind = readlinkSync(`/proc/self/fd/${name}`).replace(/:\[\d+\]$|\d+/g, '');
      return [`${name} ${kind}`];
    } catch {
      // That of this very listing.
      return [];
    }
  });
}

const { filename, dirname, main, url } = import.meta;
const how = {
  argv: process.argv,
  execArgv: process.execArgv,
  execPath: process.execPath,
  module: { filename, dirname, main, url },
  environment: Object.entries(process.env).sort(),
  folder: process.cwd(),
  labs: readdirSync('labs'),
  terminal: [process.stdin.isTTY, process.stdout.columns, process.stdout.rows],
  limits: fields('/proc/self/limits', ['Max open files', 'Max data size', 'Max processes']),
  status: fields('/proc/self/status', [
    'Umask',
    'SigBlk',
    'SigIgn',
    'SigCgt',
    'Seccomp:',
    'NoNewPrivs',
  ]),
  descriptors: descriptors(),
  sameProcess: getpid() === process.pid,
};
console.log(JSON.stringify(how, undefined, 1));

function end({ what }: Told): void {
  if (what === 'exits') process.exit(3);
  if (what === 'throws') throw new TypeError(`told to by ${import.meta.filename}`);
  if (what === 'rejects') void Promise.reject(new RangeError('nobody catches it'));
  if (what === 'signals') process.kill(process.pid, 'SIGTERM');
  process.stdin.on('data', (typed: Buffer) => console.log(`typed ${typed.toString().trim()}`));
}

if (isMainThread) {
  const [, , what = ''] = process.argv;
  console.log('That is how I was started.');
  if (what === 'threads') {
    const worker = new Worker(new URL(import.meta.url), {
      argv: ['in a thread'],
      // As in rot13-threads: no program may have the 512 MB of addresses that it is for others.
      resourceLimits: { codeRangeSizeMb: 8 },
    });
    worker.on('exit', (code) => process.exit(code));
  } else {
    end({ what });
  }
} else {
  process.exit(5);
}
