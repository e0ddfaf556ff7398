/** The names of clients that a reader connects without naming them, in the order in which they are given. */
export const CLIENT_NAMES: readonly string[] = [
  ...['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'],
];
