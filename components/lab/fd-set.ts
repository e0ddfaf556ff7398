/** An fd_set as it is drawn: a cell for each of the first bits, and a strip for the rest. Pure. */

/** FD_SETSIZE: how many bits a set has. */
const BITS = 1024;
/** How many bits have a cell of their own: the descriptors of a small program are among the first. */
export const CELLS = 24;
/** From one cell to the next, in units of the drawing. */
export const PITCH = 10;
/** A cell’s side. */
export const CELL = 8;
/** How wide a bit is drawn in the strip, in bits: one alone would be too narrow to see. */
const WIDTH = 12;

/** Where a descriptor’s bit is drawn: in a cell, or in the strip, whose units are bits. */
export interface Place {
  readonly part: 'cells' | 'strip';
  readonly x: number;
  readonly width: number;
}

/** The bits of the strip, which are the units of its drawing. */
export const STRIP = BITS - CELLS;

/** Where a descriptor’s bit is drawn; undefined for one that an fd_set has no bit for. */
export function placeOf(descriptor: number): Place | undefined {
  if (descriptor < 0 || descriptor >= BITS) return undefined;
  if (descriptor < CELLS) return { part: 'cells', x: descriptor * PITCH, width: CELL };
  return { part: 'strip', x: Math.min(descriptor - CELLS, STRIP - WIDTH), width: WIDTH };
}

/** How much of the cells, and of the strip, the kernel looks at in each call: the bits below `nfds`. */
export function scanned(nfds: number): Readonly<Record<Place['part'], number>> {
  const bits = Math.min(Math.max(nfds, 0), BITS);
  return { cells: Math.min(bits, CELLS) * PITCH, strip: Math.max(bits - CELLS, 0) };
}

/** The members of a set in words. */
export function membersText(descriptors: readonly number[]): string {
  return descriptors.length === 0 ? 'none' : descriptors.join(', ');
}
