/** How long tests wait for what should come. Nothing waits for this to pass: it ends what hangs. */

/** Longer than anything takes on a busy machine, in milliseconds. */
export const PATIENCE = 180_000;
/** For a whole test: longer, so that whatever it waits for is what is told of. */
export const LIMIT = { timeout: 2 * PATIENCE };
