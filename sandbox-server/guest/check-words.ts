/** What the process that checks programs and the server say to each other beside JSON. */

/** Said when the first program can be read at once. */
export const READY = 'ready';
