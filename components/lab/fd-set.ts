/** An fd_set as it is drawn: 1,024 bits in rows, descriptor 0 at the top left. Pure. */

/** Bits in a row: a `long` on a 64-bit computer, which is what an fd_set is an array of. */
export const COLUMNS = 64;
/** Rows: FD_SETSIZE bits in all. */
export const ROWS = 16;
/** From one bit to the next, in units of the drawing. */
export const PITCH = 6;
/** A bit’s side. */
export const BIT = 5;

/** Where a descriptor’s bit is drawn; undefined for one that an fd_set has no bit for. */
export function placeOf(descriptor: number): { x: number; y: number } | undefined {
  if (descriptor < 0 || descriptor >= COLUMNS * ROWS) return undefined;
  return { x: (descriptor % COLUMNS) * PITCH, y: Math.floor(descriptor / COLUMNS) * PITCH };
}

/** The outline of the bits below `nfds`, which the kernel looks at in each call: a path of SVG. */
export function scannedPath(nfds: number): string {
  const bits = Math.min(Math.max(nfds, 0), COLUMNS * ROWS);
  const full = Math.floor(bits / COLUMNS) * PITCH;
  const rest = (bits % COLUMNS) * PITCH;
  const rows = full > 0 ? `M0 0H${COLUMNS * PITCH}V${full}H0Z` : '';
  return rest > 0 ? `${rows}M0 ${full}H${rest}V${full + PITCH}H0Z` : rows;
}

/** The members of a set in words. */
export function membersText(descriptors: readonly number[]): string {
  return descriptors.length === 0 ? 'none' : descriptors.join(', ');
}
