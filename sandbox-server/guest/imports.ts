/** What a program imports, and where it says so. */
import { parse, type Program } from 'acorn';

/** A place in a text: line and column from 1, the column in units of UTF-16. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something that a program imports, and where it says so first. */
export interface Import extends Place {
  readonly specifier: string;
}

/** A specifier is repeated to its reader up to here, and so many are found, each once. */
const LONGEST_SPECIFIER = 200;
const MOST_IMPORTS = 200;

/** The lines of a text, without their ends. JavaScript has two more ends of lines, which no editor has. */
export function linesOf(text: string): string[] {
  return text.split('\n');
}

/** Where in a text this offset is, in units of UTF-16. */
export function placeOf(text: string, offset: number): Place {
  const lines = linesOf(text.slice(0, offset));
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** What a tree imports, with the beginnings of the specifiers; no function, since a tree can be deep. */
export function importsIn(tree: Program, code: string): Import[] {
  const found = new Map<string, number>();
  const left: object[] = [tree];
  for (let node = left.pop(); node && found.size < MOST_IMPORTS; node = left.pop()) {
    const source = 'source' in node && isObject(node.source) ? node.source : {};
    if ('value' in source && typeof source.value === 'string' && 'start' in source) {
      const before = found.get(source.value) ?? Infinity;
      found.set(source.value, Math.min(before, Number(source.start)));
    }
    for (const child of Object.values(node)) if (isObject(child)) left.push(child);
  }
  return [...found].map(([specifier, start]) => ({
    specifier: specifier.slice(0, LONGEST_SPECIFIER),
    ...placeOf(code, start),
  }));
}

/** The tree of a text, or where acorn stumbles. It knows less than Node, which judges. */
export function treeOf(code: string): Program | number | undefined {
  try {
    return parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true });
  } catch (error) {
    const at = isObject(error) && 'pos' in error ? error.pos : undefined;
    return typeof at === 'number' ? at : undefined;
  }
}
