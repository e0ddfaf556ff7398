/** The font of terminals. xterm.js measures it once, when a terminal is made: by then it has to be there. */

/** A page that has lost its server gets no font, in milliseconds. What stands in for it is as wide. */
const PATIENCE = 8000;

/** Waits for the font, but not for ever. */
export async function terminalFont(): Promise<void> {
  const place = document.querySelector('readable-terminal');
  if (!place) return;
  const { fontSize, fontFamily } = getComputedStyle(place);
  // Of a list, all are loaded, its stand-ins too; one that this machine lacks would end the wait.
  const [ours = fontFamily] = fontFamily.split(',');
  // Whatever is wrong with a font, the terminal is there without it.
  const loaded = document.fonts.load(`${fontSize} ${ours}`).catch(() => undefined);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, PATIENCE);
  await Promise.race([loaded, late]);
  clearTimeout(timer);
}
