/** Which lines of a program a reader wants to see while it runs, and how far it is scrolled for that. Pure. */

/** A line at which somebody is, in a code that scrolls: in pixels. */
export interface Place {
  readonly line: number;
  readonly top: number;
  readonly bottom: number;
  /** Whether somebody stays there, and it is not only the line of a last call. */
  readonly stays: boolean;
  /** How many are there. */
  readonly count: number;
  /** When the latest of them came. */
  readonly latest: number;
}

/**
 * The lines that are to be seen: the one at which most are, of several the one to which somebody came last, and all
 * others that fit into the same view.
 * @param height of what is seen at once
 */
export function inSight(places: readonly Place[], height: number): Place[] {
  const ranked = [...places].sort(
    (one, other) =>
      Number(other.stays) - Number(one.stays) ||
      other.count - one.count ||
      other.latest - one.latest,
  );
  const chosen: Place[] = [];
  for (const place of ranked) {
    const { top, bottom } = spanOf([...chosen, place]);
    if (chosen.length === 0 || bottom - top <= height) chosen.push(place);
  }
  return chosen.sort((one, other) => one.line - other.line);
}

function spanOf(places: readonly Place[]): { top: number; bottom: number } {
  return {
    top: Math.min(...places.map(({ top }) => top)),
    bottom: Math.max(...places.map(({ bottom }) => bottom)),
  };
}

/** What is seen of a code. */
export interface View {
  readonly top: number;
  readonly height: number;
}

/**
 * How far a code is to be scrolled so that these lines are seen, with as much above as below them.
 * @param around so much more is seen of what is around them, if there is room
 * @returns undefined if they are seen already
 */
export function scrollTo(
  places: readonly Place[],
  { top, height }: View,
  around: number,
): number | undefined {
  if (places.length === 0) return undefined;
  const span = spanOf(places);
  const room = Math.max(0, Math.min(around, (height - (span.bottom - span.top)) / 2));
  if (span.top - room >= top && span.bottom + room <= top + height) return undefined;
  return Math.max(0, (span.top + span.bottom - height) / 2);
}
