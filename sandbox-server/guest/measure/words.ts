/** What a measurement says in words. Pure. */
import { LONGEST_REASON, type ServerFigures } from '../../../protocol/measure-feed.ts';
import { withPictures } from '../pictures.ts';

/** Why something was not measured, and what the program said last. */
export function reasonWith(why: string, lines: readonly string[]): string {
  const last = lines.at(-1);
  const text = last === undefined ? why : `${why} It said: ${withPictures(last)}`;
  return text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON - 1)}…`;
}

function milliseconds(time: number): string {
  return `${time < 10 ? time.toFixed(2) : Math.round(time)} ms`;
}

/** How wide a terminal is that a reader has room for. */
const COLUMNS = 80;

/** Breaks a line between words where a terminal would break it within one. */
export function wrapped(line: string): string {
  const lines: string[] = [];
  for (const word of line.split(/(?<=\S) (?=\S)/)) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= COLUMNS)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines.join('\n');
}

/** What a server did, in two lines. */
export function serverLine(
  name: string,
  clients: number,
  busy: number,
  { connected, answers, middle, slow, slowest }: ServerFigures,
): string {
  const served = connected === clients ? '' : ` (${connected} served)`;
  const who = clients === 1 ? '1 client' : `${clients} clients`;
  return (
    `${name}  ${who}${served}, ${busy} % talk: ${answers.toLocaleString('en')} answers/s\n` +
    `  median ${milliseconds(middle)}, p99 ${milliseconds(slow)}, slowest ${milliseconds(slowest)}`
  );
}
