/** Where a long name may be broken. */

/** Names up to this long fit anywhere, and are read better whole: in characters. */
const SHORT = 17;

/** A name of C, or of our library. */
const NAME = /\w+/g;

/**
 * Divides a text after the underscores inside its long names: `bufferevent_setwatermark` may be
 * broken after `bufferevent_`, `O_NONBLOCK` nowhere.
 * @returns the pieces, which make the text again when they are put together
 */
export function breakable(text: string): string[] {
  return text
    .replaceAll(NAME, (name) =>
      name.length > SHORT ? name.replaceAll(/(?<=[^\W_])(_+)(?=[^\W_])/g, '$1\0') : name,
    )
    .split('\0');
}

/** Whether a piece of code is a short name that a browser would break at a hyphen, as `libevent-ts`. */
export function isWhole(text: string): boolean {
  return text.length <= SHORT && /^\S*-\S*$/.test(text);
}
