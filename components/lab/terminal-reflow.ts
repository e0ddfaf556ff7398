/**
 * Where the cursor is to go when a terminal changes its size. Of one that becomes wider or narrower xterm 6
 * wraps the lines anew and leaves the cursor in its column: what is typed next would be written into the
 * middle of the line. A cursor behind the last column it puts on that, even if only the height changes.
 */
import type { IBuffer, IBufferLine, Terminal } from '@xterm/xterm';

/** How many columns of a row its line takes: not the last, where a wide character had no room. */
export function columnsTaken(line: IBufferLine, next: IBufferLine | undefined): number {
  const last = line.getCell(line.length - 1);
  const isLeftOver =
    next?.isWrapped === true &&
    next.getCell(0)?.getWidth() === 2 &&
    last?.getWidth() === 1 &&
    last.getChars() === '';
  return isLeftOver ? line.length - 1 : line.length;
}

/** What brings the cursor to so many columns from the beginning of the line that is at `row`. */
function moveTo(buffer: IBuffer, start: number, distance: number): string {
  let row = start;
  let left = distance;
  for (;;) {
    const line = buffer.getLine(row);
    if (!line) return '';
    const next = buffer.getLine(row + 1);
    const taken = columnsTaken(line, next);
    if (left < taken || !next?.isWrapped) {
      const isAtMargin = left >= line.length;
      let column = Math.min(left, line.length - 1);
      if (isAtMargin && line.getCell(column)?.getWidth() === 0) column -= 1;
      // No sequence brings a cursor behind the last column, only a character that is written there.
      const again = isAtMargin ? (line.getCell(column)?.getChars() ?? '') : '';
      return `\u001b[${row - buffer.baseY + 1};${column + 1}H${again}`;
    }
    left -= taken;
    row += 1;
  }
}

/**
 * Changes the size of a terminal, with the cursor still behind the same character.
 * @param resize changes it
 * @returns what is to be written to the terminal before anything else
 */
export function keepCursor(terminal: Terminal, resize: () => void): string {
  const { active: buffer } = terminal.buffer;
  const { cols, rows } = terminal;
  // Behind the last column: the next character begins a new row.
  const isAtMargin = buffer.cursorX === cols;
  const cursorRow = buffer.baseY + buffer.cursorY;
  let start = cursorRow;
  let distance = buffer.cursorX;
  while (buffer.getLine(start)?.isWrapped) {
    const line = buffer.getLine(start);
    start -= 1;
    const before = buffer.getLine(start);
    if (before) distance += columnsTaken(before, line);
  }
  // It moves with its line.
  const marker = terminal.registerMarker(start - cursorRow);
  resize();
  const isLost = terminal.cols !== cols || (isAtMargin && terminal.rows !== rows);
  const movement =
    isLost && buffer.type === 'normal' && marker.line >= 0
      ? moveTo(buffer, marker.line, distance)
      : '';
  marker.dispose();
  return movement;
}
