/** What the process that checks programs and the server say to each other: lines of JSON, and a word. */

/** Said when the first program can be read at once. */
export const READY = 'ready';

/** Ends of lines to JavaScript, and so to what reads lines; but not to JSON, which leaves them as they are. */
const MORE_ENDS = /[\u2028\u2029]/g;

/** A value as one line of JSON, with its end. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${json.replace(MORE_ENDS, (end) => (end === '\u2028' ? '\\u2028' : '\\u2029'))}\n`;
}
