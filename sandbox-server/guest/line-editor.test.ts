import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import xterm from '@xterm/xterm';
import { LineEditor, LONGEST_LINE } from './line-editor.ts';

const BACKSPACE = '\u007f';
const RUB_OUT = '\b \b';

/** Presses keys, in one piece. */
function press(keys: string, editor = new LineEditor()) {
  const { echo, sent, ended } = editor.take(Buffer.from(keys));
  return { echo, sent: Buffer.from(sent).toString(), ended };
}

/** What a page shows of the echo, in one row that is wide enough, and where its cursor is. */
async function show(echo: string): Promise<{ text: string; column: number }> {
  const terminal = new xterm.Terminal({ cols: 200, rows: 1, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(echo, resolve));
  const { active } = terminal.buffer;
  const text = active.getLine(0)?.translateToString().trimEnd() ?? '';
  const shown = { text, column: active.cursorX };
  terminal.dispose();
  return shown;
}

suite('the line that is typed into a client', () => {
  test('is shown as it is typed, and sent with Enter', () => {
    const editor = new LineEditor();
    assert.deepEqual(press('hel', editor), { echo: 'hel', sent: '', ended: false });
    assert.ok(editor.withinLine);
    assert.deepEqual(press('lo\nx', editor), { echo: 'lo\nx', sent: 'hello\n', ended: false });
  });

  test('loses a whole character to Backspace, with all its columns', () => {
    for (const [character, columns] of [
      ['e', 1],
      ['é', 1],
      ['—', 1],
      ['漢', 2],
      ['か', 2],
      ['ｶ', 1],
      ['￡', 2],
      ['\u{20000}', 2],
      ['😀', 1],
      ['\u0301', 0],
      ['\u200d', 0],
      ['\u1160', 0],
      ['\uffa1', 1],
    ] as const) {
      const { echo, sent } = press(`a${character}${BACKSPACE}\n`);
      assert.equal(sent, 'a\n', character);
      assert.ok(echo.endsWith(`${RUB_OUT.repeat(columns)}\n`), character);
      assert.equal(echo.split(RUB_OUT).length, columns + 1, character);
    }
    assert.deepEqual(press(`é${BACKSPACE}${BACKSPACE}\n`).sent, '\n');
  });

  test('loses a word to Ctrl-W and all to Ctrl-U', () => {
    assert.equal(press('one two  \u0017three\n').sent, 'one three\n');
    assert.equal(press('one two\u0015three\n').sent, 'three\n');
  });

  test('loses a tab with all its columns, and nothing before it', async () => {
    for (const before of ['', 'a', '1234567', '12345678', '漢字', 'x\t', 'e\u0301\t\tf']) {
      const expected = await show(press(before).echo);
      const { echo, sent } = press(`${before}\t${BACKSPACE}\n`);
      assert.deepEqual(await show(echo.slice(0, -1)), expected, JSON.stringify(before));
      assert.equal(sent, `${before}\n`);
    }
    assert.deepEqual(await show(press('a\tb\t\u0015').echo), { text: '', column: 0 });
  });

  test('has its tab stops where a terminal has them', async () => {
    for (const line of ['\tx', 'a\tb\tc', '1234567\tx', '12345678\tx', '漢字\tx']) {
      assert.deepEqual(await show(press(line).echo), await show(line), JSON.stringify(line));
    }
  });

  test('is sent as far as it goes by Ctrl-D, which ends the input where there is none', () => {
    const editor = new LineEditor();
    assert.deepEqual(press('half\u0004', editor), { echo: 'half', sent: 'half', ended: false });
    assert.deepEqual(press('\u0004', editor), { echo: '', sent: '', ended: true });
    assert.deepEqual(press('line\n\u0004lost'), { echo: 'line\n', sent: 'line\n', ended: true });
  });

  test('takes no control characters but those that edit it, and tabs', () => {
    const { echo, sent } = press('abc\u001bdef\u000c\u0013\t\u0000\n');
    assert.equal(echo, 'abcdef  \n');
    assert.equal(sent, 'abcdef\t\n');
  });

  test('comes in any pieces, and shows only whole characters', () => {
    const keys = Buffer.from('né→😀\n');
    for (let size = 1; size <= keys.length; size += 1) {
      const editor = new LineEditor();
      let echo = '';
      const sent: Uint8Array[] = [];
      for (let at = 0; at < keys.length; at += size) {
        const edited = editor.take(keys.subarray(at, at + size));
        echo += edited.echo;
        sent.push(edited.sent);
      }
      assert.equal(echo, 'né→😀\n', `pieces of ${size}`);
      assert.deepEqual(Buffer.concat(sent), keys, `pieces of ${size}`);
    }
  });

  test('passes every byte that is no control character', () => {
    const keys = Uint8Array.from({ length: 256 }, (_, byte) => byte).filter(
      (byte) => byte >= 0x20 && byte !== 0x7f,
    );
    const { sent } = new LineEditor().take(Uint8Array.of(...keys, 0x0a));
    assert.deepEqual(sent, Uint8Array.of(...keys, 0x0a));
  });

  test('has an end, which is heard', () => {
    const editor = new LineEditor();
    press('x'.repeat(LONGEST_LINE), editor);
    assert.deepEqual(press('y', editor), { echo: '\u0007', sent: '', ended: false });
    assert.equal(press('\n', editor).sent.length, LONGEST_LINE + 1);
    // No character is cut in two.
    const wide = press(`${'漢'.repeat(LONGEST_LINE)}x\n`);
    const room = Math.floor(LONGEST_LINE / 3);
    assert.equal(wide.sent, `${'漢'.repeat(room)}x\n`);
    assert.ok(!wide.echo.includes('\ufffd'));
  });

  test('has that end for bytes that make no characters, too', () => {
    const editor = new LineEditor();
    editor.take(new Uint8Array(2 * LONGEST_LINE).fill(0x80));
    assert.equal(editor.take(Uint8Array.of(0x0a)).sent.length, LONGEST_LINE + 1);
    // The next line has as much room as any.
    assert.deepEqual(editor.take(Uint8Array.of(0x80, 0x0a)).sent, Uint8Array.of(0x80, 0x0a));
  });
});
