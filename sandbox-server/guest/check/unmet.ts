/** An expectation that a program did not meet. */
export class Unmet extends Error {
  override name = 'Unmet';
  /** Its name in the check. */
  readonly expectation: string;
  /** What should have happened, in words. */
  readonly expected: string;
  /** What happened instead, in words. */
  readonly seen: string;

  constructor(expectation: string, expected: string, seen: string) {
    super(`${expectation}: expected ${expected}; ${seen}`);
    this.expectation = expectation;
    this.expected = expected;
    this.seen = seen;
  }
}
