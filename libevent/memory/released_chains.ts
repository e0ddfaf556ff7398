import type { Chain } from './chain.ts';

/**
 * Lets the memory go of chains that are linked and in no list any more. Every owner is told, also
 * when the callback of another throws.
 *
 * @throws what the first callback that threw has thrown
 * @internal
 */
export function releaseAll(first: Chain): void {
  const errors: unknown[] = [];
  let chain: Chain | null = first;
  while (chain !== null) {
    const next: Chain | null = chain.next;
    chain.next = null;
    try {
      chain.release();
    } catch (error) {
      errors.push(error);
    }
    chain = next;
  }
  if (errors.length > 0) throw errors[0];
}
