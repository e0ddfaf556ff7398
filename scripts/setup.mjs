// Installs what a command needs, and does nothing when it is there already. It runs before anything
// is installed, under whatever Node the computer has (20 or later), so it uses nothing but Node.
// Usage: node scripts/setup.mjs start|test|lab|bench
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules', '.readable-installed');
/** @type {Record<string, { command: string, file?: string, debian: string, why: string, required: boolean }[]>} */
const PROGRAMS = {
  start: [
    {
      command: 'bwrap',
      debian: 'bubblewrap',
      why: 'runs each lab in a sandbox of its own',
      required: false,
    },
  ],
  test: [
    {
      command: 'bwrap',
      debian: 'bubblewrap',
      why: 'runs each lab in a sandbox of its own',
      required: true,
    },
    {
      command: 'chromium',
      debian: 'chromium',
      why: 'is the browser that the e2e tests drive',
      required: true,
    },
    {
      command: 'strace',
      debian: 'strace',
      why: 'shows the tests which system calls a program makes',
      required: true,
    },
    {
      command: 'nc',
      debian: 'netcat-openbsd',
      why: 'is a client that is not ours',
      required: true,
    },
    {
      command: 'socat',
      debian: 'socat',
      why: 'is another, which knows Unix sockets',
      required: true,
    },
    {
      command: 'curl',
      debian: 'curl',
      why: 'is one more, which speaks HTTP',
      required: true,
    },
    {
      command: 'haproxy',
      debian: 'haproxy',
      why: 'balances several servers, as deploy/haproxy.cfg says',
      required: true,
    },
  ],
  lab: [],
  bench: [
    {
      command: 'cc',
      debian: 'build-essential',
      why: 'builds the C programs that load the servers and are compared with them',
      required: false,
    },
    {
      command: 'C libevent',
      file: '/usr/include/event2/event.h',
      debian: 'libevent-dev',
      why: 'is compared with',
      required: false,
    },
  ],
};

function fail(message) {
  console.error(message);
  process.exit(1);
}

function hasCommand(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, command)));
}

function isMissing({ command, file }) {
  return file === undefined ? !hasCommand(command) : !existsSync(file);
}

function installPackages() {
  const hash = createHash('sha256');
  hash.update(readFileSync(join(root, 'package-lock.json')));
  // Scripts and descriptions change more often than what has to be installed.
  for (const file of ['package.json', 'libevent/package.json']) {
    const found = JSON.parse(readFileSync(join(root, file), 'utf8'));
    const { dependencies, devDependencies, optionalDependencies, overrides, workspaces } = found;
    const wants = { dependencies, devDependencies, optionalDependencies, overrides, workspaces };
    hash.update(JSON.stringify(wants));
  }
  const wanted = hash.digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return;
  // npm may be stopped halfway, and then what is there is of neither state.
  rmSync(stampFile, { force: true });
  console.error('Installing packages (once; about half a minute) …');
  // Whatever NODE_ENV says: the site is built here.
  const ci = ['ci', '--include=dev'];
  // npm's own path: a script that npm runs finds it here, whichever npm that is.
  const npm = process.env.npm_execpath;
  const [file, args] = npm ? [process.execPath, [npm, ...ci]] : ['npm', ci];
  const result = spawnSync(file, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) fail('npm ci failed: see its messages above, then run this again.');
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, wanted);
}

function installPrograms(purpose) {
  const missing = (PROGRAMS[purpose] ?? []).filter(isMissing);
  if (missing.length === 0) return;
  const names = missing.map(({ debian }) => debian);
  const canInstall = process.getuid?.() === 0 && hasCommand('apt-get');
  if (canInstall) {
    console.error(`Installing ${names.join(', ')} with apt-get …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = () =>
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env,
      });
    // The package lists of a fresh image are missing or old.
    if (install().status !== 0) {
      spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
      const second = install();
      if (second.status !== 0) console.error(second.stderr.toString().trim());
    }
  }
  const still = missing.filter(isMissing);
  for (const { command, debian, why, required } of still) {
    const how = canInstall ? 'apt-get could not install it' : `sudo apt-get install ${debian}`;
    console.error(`${required ? 'Missing' : 'Notice'}: ${command}, which ${why}: ${how}`);
  }
  if (still.some(({ required }) => required)) process.exit(1);
}

const purpose = process.argv[2] ?? '';
if (!(purpose in PROGRAMS))
  fail(`Usage: node scripts/setup.mjs ${Object.keys(PROGRAMS).join('|')}`);
if (process.platform !== 'linux') {
  fail('Readable makes Linux system calls: run it on Linux, in a virtual machine, or in WSL 2.');
}
installPackages();
installPrograms(purpose);
