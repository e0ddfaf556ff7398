/**
 * Makes links of the places in a lab’s files that a program prints, as the stack of an error does:
 * `server.ts:47:11`. A link leads to that line in the page’s own editor and nowhere else, whatever is printed.
 */
import type { ILink, Terminal } from '@xterm/xterm';
import { placesIn, type SourcePlace } from './source-places.ts';

/** Where links lead. */
export interface SourcePlaces {
  /** The names of the files of the lab. */
  files(): readonly string[];
  open(place: SourcePlace): void;
}

/** How many rows of a line that is wrapped are looked at: a stack has none so long. */
const MOST_ROWS = 8;

/** The line that a row is part of, from its first row on, if it is not too long. */
function lineAt({ buffer }: Terminal, row: number): { text: string; first: number } | undefined {
  const { active } = buffer;
  let first = row;
  while (active.getLine(first)?.isWrapped) {
    first -= 1;
    if (row - first >= MOST_ROWS) return undefined;
  }
  let text = '';
  for (let at = first; at < first + MOST_ROWS; at += 1) {
    const line = active.getLine(at);
    if (!line || (at > first && !line.isWrapped)) break;
    // Blanks and all: each row counts as many characters as it has columns.
    text += line.translateToString(false);
  }
  return { text, first };
}

/** Makes links in a terminal, for as long as it is there. */
export function linkSources(terminal: Terminal, places: SourcePlaces): void {
  terminal.registerLinkProvider({
    provideLinks: (number, callback) => {
      const line = lineAt(terminal, number - 1);
      if (!line) {
        callback(undefined);
        return;
      }
      const position = (at: number): { x: number; y: number } => ({
        x: (at % terminal.cols) + 1,
        y: line.first + Math.floor(at / terminal.cols) + 1,
      });
      const links = placesIn(line.text, places.files()).map(({ place, start, end }): ILink => ({
        text: line.text.slice(start, end),
        range: { start: position(start), end: position(end - 1) },
        activate: () => places.open(place),
      }));
      callback(links);
    },
  });
}
