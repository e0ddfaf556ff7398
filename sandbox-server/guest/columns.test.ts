import assert from 'node:assert/strict';
import { test } from 'node:test';
import xterm from '@xterm/xterm';
import { columnsOf } from './columns.ts';

/** Whether a terminal draws a character, rather than carry it out, and a string can hold it alone. */
function isDrawn(code: number): boolean {
  return code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && !(code >= 0xd800 && code <= 0xdfff);
}

test('every character is as wide as a terminal draws it', async () => {
  // Planes 4 to 13 are empty, and 15 and 16 like them.
  for (const plane of [0, 1, 2, 3, 14]) {
    const codes = Array.from({ length: 0x10000 }, (_, at) => plane * 0x10000 + at).filter(isDrawn);
    const terminal = new xterm.Terminal({
      cols: 4,
      rows: 1,
      scrollback: codes.length,
      allowProposedApi: true,
    });
    // A character that takes no column needs one to stand on.
    const lines = codes.map((code) => `a${String.fromCodePoint(code)}z\r\n`).join('');
    await new Promise<void>((resolve) => terminal.write(lines, resolve));
    const { active } = terminal.buffer;
    const wrong = codes.filter((code, row) => {
      const after = active.getLine(row)?.getCell(1 + columnsOf(code));
      return after?.getChars() !== 'z';
    });
    terminal.dispose();
    assert.deepEqual(
      wrong.map((code) => `U+${code.toString(16)}`),
      [],
    );
  }
});
