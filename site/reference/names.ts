/** The reference for an editor: what there is to name, with what is said of it in a line. Pure. */
import type { Doc, Entry, Member } from './entry.ts';
import { rowId, sectionsOf } from './markdown.ts';
import type { Arrangement, Page } from './pages.ts';

/** Something that a program can name: an export of the library, or a member of one. */
export interface LibraryName {
  readonly name: string;
  readonly kind: Entry['kind'] | Member['kind'];
  /** Its first declaration, or a constant’s value. */
  readonly code: string;
  /** The first sentence that is said of it, as plain text. */
  readonly summary: string;
  /** Where the reference has it: `/api/sys/sockets/#recv`. */
  readonly link: string;
}

/** Something that the library exports. */
export interface LibraryExport extends LibraryName {
  readonly module: Entry['module'];
  /** The manual page that it is after: `recv(2)`. */
  readonly manual?: string;
  readonly members?: readonly LibraryName[];
}

/** A sentence ends before a capital; the dots in `i.e.` and `struct a.b` do not end one. */
const SENTENCE_END = /(?<=[.!?])\s+(?=[A-Z])/;

function firstSentence(docs: readonly Doc[]): string {
  const text = (docs[0]?.summary ?? '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .replaceAll('&lt;', '<')
    .replaceAll(/\s+/g, ' ');
  return text.split(SENTENCE_END)[0] ?? '';
}

function codeOf({ kind, name, code, value }: Entry): string {
  return kind === 'constant' && value !== undefined ? `${name} = ${value}` : (code[0] ?? name);
}

function manualOf({ name, module, docs }: Entry): string | undefined {
  if (module !== 'libevent-ts/sys') return undefined;
  const pages = [...(docs[0]?.summary ?? '').matchAll(/\b([a-z_]\w*)\([1-8]\)/g)];
  // A text may name several: its own comes first in the mind of whoever looks for it.
  return (pages.find(([, page]) => page === name) ?? pages[0])?.[0];
}

function namesOn(page: Page): LibraryExport[] {
  const links = new Map(
    sectionsOf(page).flatMap(({ names, id }) => names.map((name) => [name, id] as const)),
  );
  const link = (name: string): string => `/${page.slug}/#${links.get(name) ?? rowId(name)}`;
  return page.entries.map((entry) => {
    const manual = manualOf(entry);
    const own = entry.members.filter(
      ({ kind, name }) => kind !== 'constructor' && /^\w+$/.test(name),
    );
    const members = own.map(({ name, kind, code, docs }) => ({
      name,
      kind,
      code: code[0] ?? name,
      summary: firstSentence(docs),
      link: link(entry.kind === 'class' ? `${entry.name}.${name}` : entry.name),
    }));
    return {
      name: entry.name,
      kind: entry.kind,
      module: entry.module,
      code: codeOf(entry),
      summary: firstSentence(entry.docs),
      link: link(entry.name),
      ...(manual === undefined ? {} : { manual }),
      ...(members.length > 0 ? { members } : {}),
    };
  });
}

/** Everything that the library exports, by name. */
export function libraryNames({ library, system }: Arrangement): LibraryExport[] {
  return [...library, ...system].flatMap(namesOn).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
