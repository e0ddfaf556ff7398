/** The geometry of an arrow. Pure. */

/** A place in a drawing: x to the right, y downwards. */
export type Point = readonly [x: number, y: number];

/** How long each side of an arrow’s head is. */
const HEAD = 7;
/** Between the line and a side of the head, in radians. */
const SPREAD = 0.5;

/** An arrow through these points, as two paths of SVG: its line and its head. */
export function arrowPath(points: readonly Point[]): { line: string; head: string } {
  const end = points.at(-1);
  const before = points.at(-2);
  if (!end || !before) throw new Error('an arrow goes through two points or more');
  const [x, y] = end;
  const angle = Math.atan2(y - before[1], x - before[0]);
  const side = (turn: number): string => {
    const direction = angle + Math.PI + turn;
    const at = (from: number, by: number): number => Math.round((from + HEAD * by) * 10) / 10;
    return `${at(x, Math.cos(direction))} ${at(y, Math.sin(direction))}`;
  };
  return {
    line: `M${points.map((point) => point.join(' ')).join('L')}`,
    head: `M${side(SPREAD)}L${x} ${y}L${side(-SPREAD)}`,
  };
}
