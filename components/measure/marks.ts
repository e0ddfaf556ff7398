/** The marks of series: with its colour, and where colours can't be told apart without it, each has one of its own. */

/** How wide and high the paths are. */
export const MARK_SIZE = 12;
/** As many colours as there are: `--series-1` and so on. */
const COLOURS = 8;

const PATHS = [
  'M6 1A5 5 0 1 1 6 11A5 5 0 1 1 6 1Z',
  'M1.5 1.5H10.5V10.5H1.5Z',
  'M6 .5L11.5 10.5H.5Z',
  'M6 0L11.5 6L6 12L.5 6Z',
  'M6 11.5L.5 1.5H11.5Z',
  'M4.3 .7H7.7V4.3H11.3V7.7H7.7V11.3H4.3V7.7H.7V4.3H4.3Z',
  'M3 .6L6 3.6L9 .6L11.4 3L8.4 6L11.4 9L9 11.4L6 8.4L3 11.4L.6 9L3.6 6L.6 3Z',
  'M3.2 1H8.8L11.6 6L8.8 11H3.2L.4 6Z',
] as const;

/** The path of the mark of a series, by its place among all, from 0: for an SVG, or a canvas. */
export function markPath(index: number): string {
  return PATHS[index % PATHS.length] ?? PATHS[0];
}

/** The property that has the colour of a series. */
export function colourProperty(index: number): string {
  return `--series-${(index % COLOURS) + 1}`;
}
