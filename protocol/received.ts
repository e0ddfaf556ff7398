/**
 * A client's terminal shows what the reader typed and what the server sent. The client process puts
 * these around the latter (SGR: cyan, then the default colour), so that it looks different on the
 * screen and the scenario player can tell the two apart.
 */
export const RECEIVED = { start: '\u001b[36m', end: '\u001b[39m' } as const;
