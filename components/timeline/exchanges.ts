/**
 * Where the marks of clients’ lines are drawn. A line and its answer are some milliseconds apart, which is less than a
 * pixel of ten seconds: marks that would lie over each other are moved apart, and told of together. Pure.
 */
import type { ClientLine } from '../../lab/timeline.ts';

/** From the middle of one mark to that of the next there is at least so much, in pixels. */
const PITCH = 10;
/** Marks that are no further apart belong together, in pixels. */
const TOGETHER = 18;
/** So many that lie over each other are moved apart. More would lead too far from their times. */
const MOST_MOVED = 8;
/** Of more marks together it is only said how many they are. */
const MOST_NAMED = 6;

/** The mark of a line. */
export interface PlacedMark {
  readonly line: ClientLine;
  /** Its middle, in pixels. */
  readonly x: number;
}

/** Marks that belong together, in time: mostly a line and its answer. */
export type Exchange = readonly PlacedMark[];

/** Marks that would lie over each other. */
interface Pile {
  readonly lines: ClientLine[];
  /** The sum of where each would have the first one be. */
  sum: number;
  /** The place of the last by its time. */
  last: number;
}

/**
 * Moves marks apart, each as little as can be.
 * @param xOf where a time is, in pixels
 * @param left what lies before it is not seen
 * @param right nor what lies after it
 */
export function placeLines(
  lines: readonly ClientLine[],
  xOf: (time: number) => number,
  left: number,
  right: number,
): Exchange[] {
  const isSeen = ({ at }: ClientLine): boolean => {
    const x = xOf(at);
    return x >= left && x <= right;
  };
  // What clients tell comes from each by itself.
  const seen = lines.filter(isSeen).sort((one, other) => one.at - other.at);
  const piles: Pile[] = [];
  for (const line of seen) {
    const x = xOf(line.at);
    const latest = piles.at(-1);
    if (latest && !isMoved(latest) && x - latest.last < PITCH) {
      latest.lines.push(line);
      latest.last = x;
      continue;
    }
    let pile: Pile = { lines: [line], sum: x, last: x };
    let before = piles.at(-1);
    // One that is not moved keeps its place and takes in nobody else’s: so no pile grows over the whole picture.
    while (before && isMoved(before) && isMoved(pile) && endOf(before) > firstOf(pile)) {
      piles.pop();
      pile = pileOn(before, pile);
      before = piles.at(-1);
    }
    piles.push(pile);
  }
  const exchanges: PlacedMark[][] = [];
  for (const pile of piles) {
    for (const mark of marksOf(pile, xOf)) {
      const latest = exchanges.at(-1);
      const before = latest?.at(-1);
      if (latest && before && mark.x - before.x <= TOGETHER) latest.push(mark);
      else exchanges.push([mark]);
    }
  }
  return exchanges;
}

function firstOf({ lines, sum }: Pile): number {
  return sum / lines.length;
}

function widthOf({ lines }: Pile): number {
  return lines.length * PITCH;
}

function endOf(pile: Pile): number {
  return firstOf(pile) + widthOf(pile);
}

function isMoved({ lines }: Pile): boolean {
  return lines.length <= MOST_MOVED;
}

function pileOn(one: Pile, other: Pile): Pile {
  one.sum += other.sum - widthOf(one) * other.lines.length;
  one.lines.push(...other.lines);
  one.last = other.last;
  return one;
}

function marksOf(pile: Pile, xOf: (time: number) => number): PlacedMark[] {
  const { lines } = pile;
  const first = firstOf(pile);
  const moves = isMoved(pile);
  return lines.map((line, index) => ({ line, x: moves ? first + index * PITCH : xOf(line.at) }));
}

/** The mark that is nearest to a place, if there is one near enough. */
export function markAt(
  exchanges: readonly Exchange[],
  x: number,
  tolerance: number,
): ClientLine | undefined {
  let best: PlacedMark | undefined;
  for (const mark of exchanges.flat()) {
    if (Math.abs(mark.x - x) < Math.abs((best?.x ?? Infinity) - x)) best = mark;
  }
  return best && Math.abs(best.x - x) <= tolerance ? best.line : undefined;
}

/** What an exchange was: `alice → server → alice`; of many lines, how many. */
export function exchangeText(exchange: Exchange): string {
  const lines = exchange.map(({ line }) => line);
  if (lines.length > MOST_NAMED) {
    const sent = lines.filter(({ way }) => way === 'sent').length;
    return `${sent} sent, ${lines.length - sent} received`;
  }
  return clientsOf(exchange)
    .flatMap((client) => {
      const ways = lines.filter((line) => line.client === client).map(({ way }) => way);
      const asked = ways.indexOf('sent');
      const answered = ways.lastIndexOf('received');
      if (asked >= 0 && answered > asked) return [`${client} → server → ${client}`];
      return [
        ...(answered >= 0 ? [`server → ${client}`] : []),
        ...(asked >= 0 ? [`${client} →`] : []),
      ];
    })
    .join(', ');
}

/** Who takes part, in the order of their first lines. */
export function clientsOf(exchange: Exchange): string[] {
  return [...new Set(exchange.map(({ line }) => line.client))];
}
