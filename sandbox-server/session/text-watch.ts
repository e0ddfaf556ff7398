/** Finds a text in a stream of bytes, whole or across the ends of its chunks. */

/**
 * Watches for a text.
 * @param seen called once, when the text has come
 * @returns what to hand each chunk to
 */
export function watchFor(text: string, seen: () => void): (bytes: Buffer) => void {
  const wanted = Buffer.from(text);
  let tail = Buffer.alloc(0);
  let found = false;
  return (bytes) => {
    if (found) return;
    tail = Buffer.concat([tail, bytes]);
    if (tail.includes(wanted)) {
      found = true;
      seen();
    } else {
      tail = tail.subarray(Math.max(0, tail.length - wanted.length + 1));
    }
  };
}
