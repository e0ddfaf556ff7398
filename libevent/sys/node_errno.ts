/**
 * The positive error number of what a function of `node:fs` threw, or null if that is something else.
 *
 * @internal
 */
export function nodeErrno(error: unknown): number | null {
  if (!(error instanceof Error) || !('errno' in error)) return null;
  return typeof error.errno === 'number' ? -error.errno : null;
}
