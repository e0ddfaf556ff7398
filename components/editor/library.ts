/** What the editor knows of the library: every name that a program can import, and the members of classes. */
import * as z from 'zod/mini';
import { withBase } from '../base.ts';

const named = {
  name: z.string(),
  kind: z.string(),
  code: z.string(),
  summary: z.string(),
  link: z.string(),
};
const schema = z.array(
  z.strictObject({
    ...named,
    module: z.string(),
    manual: z.optional(z.string()),
    members: z.optional(z.array(z.strictObject(named))),
  }),
);

/** Something that the library exports. */
export type Export = z.infer<typeof schema>[number];

/** What can be named at a place in a program. */
export interface Name {
  readonly name: string;
  readonly kind: string;
  readonly code: string;
  readonly summary: string;
  readonly link: string;
  /** The class, or the interface, that it is a member of. */
  readonly owner?: string;
  /** What it is imported from; a member comes with its class. */
  readonly module?: string;
  readonly manual?: string | undefined;
}

/** Where a manual page is on the web: `recv(2)`. */
export function manualLink(manual: string): string | undefined {
  const [, page, section] = /^(\w+)\((\d)\)$/.exec(manual) ?? [];
  if (page === undefined || section === undefined) return undefined;
  return `https://man7.org/linux/man-pages/man${section}/${page}.${section}.html`;
}

/** Types that only the checker knows: they are imported as such. */
const TYPES: readonly string[] = ['interface', 'type'];

/** The exports of the library, to look things up in. */
export class Library {
  readonly #exports: ReadonlyMap<string, Export>;

  constructor(exports: readonly Export[]) {
    this.#exports = new Map(exports.map((each) => [each.name, each]));
  }

  /** @throws Error if the site does not have it */
  static async fetch(): Promise<Library> {
    const response = await fetch(withBase('/library.json'));
    if (!response.ok) throw new Error(`/library.json could not be loaded: ${response.status}`);
    return new Library(schema.parse(await response.json()));
  }

  /** Every export. */
  exports(): Name[] {
    return [...this.#exports.values()];
  }

  export(name: string): Name | undefined {
    return this.#exports.get(name);
  }

  /**
   * What can follow the dot after a word: the members of a class, if the program tells which; otherwise
   * those of all of them.
   * @param program the text around it, which is not understood: only looked through
   */
  members(word: string, program: string): Name[] {
    const own = this.#exports.get(word);
    if (own) return membersOf(own).filter(({ kind }) => kind === 'static');
    const type = this.#typeOf(word, program);
    const owners = type ? [type] : [...this.#exports.values()];
    return owners.flatMap(membersOf).filter(({ kind }) => kind !== 'static');
  }

  /** What a word means that stands after a dot, or after none. */
  meanings(word: string, before: string | undefined, program: string): Name[] {
    if (before === undefined) {
      const own = this.#exports.get(word);
      return own ? [own] : [];
    }
    return this.members(before, program).filter(({ name }) => name === word);
  }

  /** `const base = new EventBase()`, `(bev: Bufferevent)`, `listener = Evconnlistener.newBind(…)` */
  #typeOf(word: string, program: string): Export | undefined {
    if (!/^\w+$/.test(word)) return undefined;
    const told = new RegExp(
      `\\b${word}(?:\\??:\\s*|(?::\\s*[\\w<>| ]+)?\\s*=\\s*(?:new\\s+)?)([A-Z]\\w*)`,
      'g',
    );
    for (const [, name = ''] of program.matchAll(told)) {
      const type = this.#exports.get(name);
      if (type?.members) return type;
    }
    return undefined;
  }
}

function membersOf({ name: owner, members = [] }: Export): Name[] {
  return members.map((member) => ({ ...member, owner }));
}

/** A change of a text. */
interface Insertion {
  readonly from: number;
  readonly insert: string;
}

/** `import { a, type B } from 'libevent-ts/sys';`, but not one of types alone. */
const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*(['"])([^'"]+)\2/gm;

/** What has to be put into a program so that it can use an export; undefined if it can. */
export function importOf({ name, kind, module }: Name, program: string): Insertion | undefined {
  if (module === undefined) return undefined;
  const declares = new RegExp(
    `\\b(?:const|let|var|function|class|interface|type|import)\\s+${name}\\b`,
  );
  const imports = [...program.matchAll(/^import\s[^;]*?from\s*['"][^'"]+['"]/gm)];
  if (declares.test(program) || imports.some(([all]) => new RegExp(`\\b${name}\\b`).test(all))) {
    return undefined;
  }
  const written = TYPES.includes(kind) ? `type ${name}` : name;
  const same = [...program.matchAll(IMPORT)].find(([, , , from]) => from === module);
  if (same) {
    const [all, names = ''] = same;
    const kept = names.trimEnd();
    const at = same.index + all.indexOf('{') + 1 + kept.length;
    const isBroken = names.includes('\n');
    const comma = kept.trim() === '' || kept.endsWith(',') ? '' : ',';
    return {
      from: at,
      insert: `${comma}${isBroken ? '\n  ' : ' '}${written}${isBroken ? ',' : ''}`,
    };
  }
  const line = `import { ${written} } from '${module}';\n`;
  const last = imports.at(-1);
  if (!last) return { from: 0, insert: line };
  const end = program.indexOf('\n', last.index + last[0].length);
  return end < 0 ? { from: program.length, insert: `\n${line}` } : { from: end + 1, insert: line };
}
