/**
 * What an error says, for a sentence about it.
 * @param error whatever was thrown
 */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
