/** Which commit the site is built from. */
import { spawnSync } from 'node:child_process';

/** How many digits of a commit's hash are shown. */
const DIGITS = 9;

function git(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

/**
 * The commit that a folder is at.
 * @returns the beginning of its hash, and after it whether files are no longer as they are there; nothing
 *   where there is no git, or no repository of the folder's own
 */
export function commitOf(folder: string): string | undefined {
  // Of a folder inside somebody else's repository, the first line says which it is.
  const [inside, hash] = git(folder, ['rev-parse', '--show-prefix', 'HEAD'])?.split('\n') ?? [];
  if (inside !== '' || hash === undefined) return undefined;
  const changes = git(folder, ['status', '--porcelain', '--untracked-files=no']);
  return hash.slice(0, DIGITS) + (changes === '' ? '' : ', with changes');
}
