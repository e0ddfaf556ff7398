// Of the whole process, as fork(2) is.
const preparations = new Set<() => void>();

/**
 * Has something done each time before `fork()` copies the process.
 *
 * @returns what ends that
 * @internal
 */
export function beforeFork(prepare: () => void): () => void {
  preparations.add(prepare);
  return () => preparations.delete(prepare);
}

/**
 * Does all of it.
 *
 * @internal
 */
export function prepareForFork(): void {
  for (const prepare of preparations) prepare();
}
