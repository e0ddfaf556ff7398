/** Tries what a sandbox must not allow, and prints what came of it as JSON. */
import * as fs from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import koffi from 'koffi';

const AF_VSOCK = 40;
const CLONE_NEWUSER = 0x10000000;
const TIOCSTI = 0x5412;

const libc = koffi.load('libc.so.6');
const unshare = libc.func('int unshare(int flags)');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, ...)');
const ptrace = libc.func('long ptrace(int request, int pid, void *addr, void *data)');

function outcome(act: () => unknown): string {
  try {
    const result = act();
    if (typeof result !== 'number' || result >= 0) return 'done';
    const errno = koffi.errno();
    return Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `${errno}`;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

const status = fs.readFileSync('/proc/self/status', 'utf8');
const field = (name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';

/** Writes a file and, where that is allowed, takes it away again. */
function write(path: string): void {
  fs.writeFileSync(path, '');
  fs.rmSync(path);
}

async function reaches(port: number): Promise<string> {
  return new Promise((resolve) => {
    const attempt = connect(port, '127.0.0.1');
    attempt.on('connect', () => resolve('connected'));
    attempt.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

process.stdin.once('data', (line: Buffer) => {
  const port = Number(line.toString());
  void reaches(port).then((reached) => {
    const found = {
      uid: process.getuid?.(),
      capabilities: field('CapEff'),
      noNewPrivs: field('NoNewPrivs'),
      seccomp: field('Seccomp'),
      processes: fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
      interfaces: Object.keys(networkInterfaces()),
      environment: Object.keys(process.env).sort(),
      hostFile: outcome(() => fs.readFileSync('/etc/passwd')),
      hostPort: reached,
      writeRoot: outcome(() => fs.writeFileSync('/written', '')),
      writeRuntime: outcome(() => write('sandbox-server/written-by-probe')),
      writeTmp: outcome(() => write('/tmp/written-by-probe')),
      writeDev: outcome(() => write('/dev/written-by-probe')),
      corePattern: outcome(() => fs.writeFileSync('/proc/sys/kernel/core_pattern', 'core')),
      unshare: outcome(() => unshare(CLONE_NEWUSER)),
      ptrace: outcome(() => ptrace(0, 0, null, null)),
      vsock: outcome(() => socket(AF_VSOCK, 1, 0)),
      tiocsti: outcome(() => ioctl(0, TIOCSTI, 'char *', 'x')),
    };
    console.log(`found ${JSON.stringify(found)} end`);
  });
});
console.log('probe ready');
