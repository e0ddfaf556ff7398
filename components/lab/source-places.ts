/** Places in a lab’s files, in what a program prints. Pure. */

/** A place in a file, line and column from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A place, and where in the text it stands. */
export interface FoundPlace {
  readonly place: SourcePlace;
  readonly start: number;
  /** One past its last character. */
  readonly end: number;
}

/** A name that is not the end of a longer one or of a path, a line, and perhaps a column. */
const PLACE = /(?<![\w/.-])([a-z0-9][a-z0-9-]*\.ts):(\d{1,6})(?::(\d{1,6}))?(?!\w)/g;

/** The places that a text names in these files: `at serve (server.ts:47:11)`. */
export function placesIn(text: string, files: readonly string[]): FoundPlace[] {
  return [...text.matchAll(PLACE)].flatMap(({ 0: all, 1: file = '', 2: line, 3: column, index }) =>
    files.includes(file) && Number(line) > 0
      ? [
          {
            place: { file, line: Number(line), column: Math.max(1, Number(column ?? 1)) },
            start: index,
            end: index + all.length,
          },
        ]
      : [],
  );
}
