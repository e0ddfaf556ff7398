/** Cuts a stream of bytes into lines, however it comes in chunks. */

const NEWLINE = 0x0a;

/** Takes chunks and gives lines. */
export interface LineSplitter {
  (chunk: Buffer): void;
  /** Says that a chunk was left out: the line that it cut is dropped. */
  skip(): void;
}

/**
 * Makes a splitter.
 * @param longest in bytes; a longer line is dropped, so that a stream without line ends takes no memory
 * @param line called with each line, without its end
 * @param tooLong called for each that is dropped for its length, as soon as that is known
 */
export function lineSplitter(
  longest: number,
  line: (text: string) => void,
  tooLong: () => void = () => undefined,
): LineSplitter {
  let begun: Buffer[] = [];
  let length = 0;
  const take = (chunk: Buffer): void => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      if (length + rest.length <= longest) {
        // Nearly all lines are whole, and a busy feed has thousands of them a second.
        line(begun.length === 0 ? rest.toString() : Buffer.concat([...begun, rest]).toString());
      } else if (length <= longest) {
        tooLong();
      }
      begun = [];
      length = 0;
      start = end + 1;
    }
    const known = length;
    length += chunk.length - start;
    if (known <= longest && length > longest) tooLong();
    if (length > longest) begun = [];
    else if (start < chunk.length) begun.push(chunk.subarray(start));
  };
  const skip = (): void => {
    begun = [];
    // Longer than any line may be, so that the rest of this one is dropped as well.
    length = longest + 1;
  };
  return Object.assign(take, { skip });
}
