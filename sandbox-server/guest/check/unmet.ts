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

/** What is expected in every check, beside the expectations of its own, in words for the reader. */
const OF_EVERY_CHECK: Readonly<Record<string, string>> = {
  starts: 'the program starts, and says that it listens',
  'in-time': 'the check is over in time',
};

/**
 * An expectation in words for the reader, never none.
 * @param own those of the check, by their names
 */
export function expectationInWords(
  expectation: string,
  own: Readonly<Record<string, string>>,
): string {
  return own[expectation] ?? OF_EVERY_CHECK[expectation] ?? expectation;
}
