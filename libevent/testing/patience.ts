/**
 * Longer than anything takes on a busy machine, in milliseconds. Nothing waits for this to pass: it ends
 * what hangs.
 */
export const PATIENCE = 180_000;
