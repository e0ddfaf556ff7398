/**
 * Attacks what the computer would rather not tell: how its kernel was built and started, its disks, and how
 * the server starts sandboxes and from where.
 * Must hold: none of it can be read.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { field, type Attack } from './kernel.ts';

const TELLING = [
  'cmdline',
  'config.gz',
  'version',
  'modules',
  'kallsyms',
  'partitions',
  'diskstats',
]
  .concat('swaps', 'locks', 'keys', 'key-users', 'interrupts')
  .map((name) => `/proc/${name}`);

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

const OWN = /^(?:\/dev\/(?:pts\/\d+|console|tty|null|urandom)|anon_inode:.*|)$/;

/**
 * What came along from somebody else: not its terminal, and not the pipes and the like of Node’s own, of
 * which both ends are here.
 */
function foreign(): string[] {
  const open = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // The listing’s own.
      return '';
    }
  });
  return open
    .filter((what) => !OWN.test(what) && open.filter((other) => other === what).length === 1)
    .map((what) => what.replace(/\d+/g, 'N'));
}

const telling: Attack = (given) => {
  const project = field(given, 'project');
  const first = ['cmdline', 'environ', 'maps', 'auxv', 'stack'].map((name) => `/proc/1/${name}`);
  return {
    kernel: TELLING.filter((path) => read(path) !== ''),
    project: [...first, '/proc/self/environ', '/proc/self/cmdline'].filter((path) =>
      read(path).includes(project),
    ),
    sandboxing: first.filter((path) => /bwrap|nsenter|--ro-bind/.test(read(path))),
    descriptors: foreign(),
  };
};
export default telling;
