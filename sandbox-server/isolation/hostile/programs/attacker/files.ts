/**
 * Attacks files: reads the computer’s and other labs’, writes wherever a folder or file lets it, and
 * changes owners, times and names.
 * Must hold: nothing of them is there, and nothing can be written to.
 */
import * as fs from 'node:fs';
import { field, sees, tried, unwanted, type Attack } from './kernel.ts';

/** The kernel’s own, which have a check of their own below. */
const SKIPPED = new Set(['/proc', '/usr', '/lib', '/lib64']);
const KERNEL = [
  ...['core_pattern', 'modprobe', 'hotplug', 'randomize_va_space', 'pid_max', 'ns_last_pid'].map(
    (name) => `/proc/sys/kernel/${name}`,
  ),
  ...['/proc/sysrq-trigger', '/proc/sys/vm/drop_caches', '/proc/sys/fs/aio-max-nr'],
  ...['/proc/sys/user/max_user_namespaces', '/proc/sys/net/ipv4/ip_forward'],
];

/** Everything below a folder that can be written to. */
function* writable(folder: string): Generator<string> {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder === '/' ? '' : folder}/${entry.name}`;
    if (SKIPPED.has(path) || entry.isSymbolicLink()) continue;
    // What is mounted on a file shows only here.
    if (fs.statSync(path).isCharacterDevice()) continue;
    if (entry.isDirectory()) yield* writable(path);
    if (tried(() => fs.accessSync(path, fs.constants.W_OK)) === 'done') yield path;
  }
}

/** Whether it can be written to: one that can is left as it was. */
function wrote(path: string): boolean {
  return tried(() => fs.writeFileSync(path, readOr(path, '0'))) === 'done';
}

function readOr(path: string, other: string): string {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return other;
  }
}

const files: Attack = (given) => {
  const own = '/readable/node';
  return {
    seen: [
      '/etc/passwd',
      '/etc/shadow',
      '/root',
      '/home',
      '/sys',
      '/run',
      '/var',
      '/tmp',
      '/dev/shm',
    ]
      .concat(field(given, 'project'), '/readable/labs/bystander', '/usr/bin/bwrap', '/usr/bin/su')
      .filter(sees),
    labs: fs.readdirSync('/readable/labs'),
    writable: [...writable('/')],
    kernel: KERNEL.filter(wrote),
    make: ['/made', '/dev/made', '/readable/made', '/proc/made', '/usr/made'].filter(
      (path) => tried(() => fs.writeFileSync(path, '')) === 'done',
    ),
    changed: unwanted(
      {
        mode: tried(() => fs.chmodSync(own, 0o777)),
        times: tried(() => fs.utimesSync(own, 0, 0)),
        owner: tried(() => fs.chownSync(own, 0, 0)),
        rename: tried(() => fs.renameSync(own, '/readable/other')),
        link: tried(() => fs.linkSync(own, '/readable/other')),
        shorten: tried(() => fs.truncateSync('/readable/labs/attacker/lab.ts')),
      },
      ...['EROFS', 'EACCES', 'EPERM'],
    ),
  };
};
export default files;
