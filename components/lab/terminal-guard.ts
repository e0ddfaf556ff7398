/**
 * What a program may do to its terminal, where that is less than xterm would let it. Programs here print
 * lines. None of them has a say in what the page sends or opens, nor in how the terminal is read.
 */
import type { IFunctionIdentifier, Terminal } from '@xterm/xterm';

/**
 * The private modes that a program may set: origin, wrapping, the cursor, and going back over a row’s
 * beginning. The others have the page tell of the mouse or the focus, take the wheel and the selection
 * from the reader, hide what was printed on another screen, or hold back what is drawn.
 */
const MODES: ReadonlySet<number> = new Set([6, 7, 12, 25, 45]);
const SET_MODES: IFunctionIdentifier = { prefix: '?', final: 'h' };

/** OSC: titles, links, colours, and the clipboard. */
const COMMANDS = [0, 1, 2, 4, 8, 10, 11, 12, 52, 104, 110, 111, 112];

/** Takes from a terminal what no program here may have of it. */
export function guard({ parser }: Terminal): void {
  parser.registerCsiHandler(SET_MODES, (modes) => modes.flat().some((mode) => !MODES.has(mode)));
  for (const command of COMMANDS) parser.registerOscHandler(command, () => true);
}
