/** A definition with the other terms that it uses, each linked once. Pure. */
import { TERMS, type Term, type TermId } from './terms.ts';

/** A piece of a definition; with an id it is the name of another term. */
export interface Part {
  readonly text: string;
  readonly id?: TermId;
}

/** Every term by its id. */
export const ALL_TERMS: ReadonlyMap<TermId, Term> = new Map(
  // Object.entries has strings for keys, whatever the object's are.
  Object.entries(TERMS).flatMap(([key, term]) => (isTermId(key) ? [[key, term]] : [])),
);

/** Whether there is a term with this id. */
export function isTermId(id: string): id is TermId {
  return Object.hasOwn(TERMS, id);
}

/** The names of a term: its own, then its other forms. */
export function namesOf({ name, also = [] }: Term): string[] {
  return [name, ...also];
}

const IDS = new Map(
  [...ALL_TERMS].flatMap(([id, term]) => namesOf(term).map((name) => [name.toLowerCase(), id])),
);

/** The longest names first: “event loop” is not “event”. What is followed by a bracket is a call. */
const NAMES = new RegExp(
  `(?<![\\w-])(?:${[...IDS.keys()]
    .sort((one, other) => other.length - one.length)
    .map((name) => name.replaceAll(/[/.]/g, '\\$&'))
    .join('|')})(?![\\w(-])`,
  'gi',
);

/** Divides a term's definition: the first mention of each other term is a part with that term's id. */
export function linkedParts(id: TermId): Part[] {
  const { means }: Term = TERMS[id];
  const parts: Part[] = [];
  const linked = new Set([id]);
  let end = 0;
  for (const { 0: text, index } of means.matchAll(NAMES)) {
    const other = IDS.get(text.toLowerCase());
    if (other === undefined || linked.has(other)) continue;
    linked.add(other);
    parts.push({ text: means.slice(end, index) }, { text, id: other });
    end = index + text.length;
  }
  return [...parts, { text: means.slice(end) }].filter(({ text }) => text !== '');
}
