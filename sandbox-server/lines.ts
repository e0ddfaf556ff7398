/** Cuts a stream of bytes into lines, however it comes in chunks. */

const NEWLINE = 0x0a;

/**
 * Takes chunks and gives lines.
 * @param longest in bytes; a longer line is dropped, so that a stream without line ends takes no memory
 * @param line called with each line, without its end
 * @returns what to hand each chunk to
 */
export function lineSplitter(
  longest: number,
  line: (text: string) => void,
): (chunk: Buffer) => void {
  let begun: Buffer[] = [];
  let length = 0;
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const rest = chunk.subarray(start, end);
      if (length + rest.length <= longest) line(Buffer.concat([...begun, rest]).toString());
      begun = [];
      length = 0;
      start = end + 1;
    }
    length += chunk.length - start;
    if (length > longest) begun = [];
    else if (start < chunk.length) begun.push(chunk.subarray(start));
  };
}
