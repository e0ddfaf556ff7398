/** What a client says of itself: the session and the page read it to know how the client is. */
export const NOTES = {
  /** Its connect(2) has returned. */
  connected: 'Connected to ',
  /** The reader has pressed Ctrl-D. */
  halfClosed: 'You closed your side.',
} as const;
