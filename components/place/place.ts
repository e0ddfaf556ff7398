/** A reader’s place in the book: the chapters read, the scenarios passed. Pure. */

/** Where a reader is. */
export interface Place {
  /** Slugs of chapters whose end the reader has seen. */
  readonly read: readonly string[];
  /** Ids of labs whose scenario has passed. */
  readonly passed: readonly string[];
}

/** Where every reader starts. */
export const NOWHERE: Place = { read: [], passed: [] };

/** The shape of what is stored. */
const VERSION = 1;
const NAME = /^[a-z0-9-]{1,64}$/;
/** More names than the book will have; what is longer was not written by it. */
const MOST = 500;

function namesIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const names = value.filter((each) => typeof each === 'string' && NAME.test(each));
  return [...new Set<string>(names)].slice(0, MOST);
}

/** What was stored, as far as it makes sense: another version’s place, or nobody’s, is nowhere. */
export function parsePlace(stored: string | null): Place {
  let value: unknown;
  try {
    value = JSON.parse(stored ?? 'null');
  } catch {
    return NOWHERE;
  }
  if (typeof value !== 'object' || value === null) return NOWHERE;
  if (!('version' in value) || value.version !== VERSION) return NOWHERE;
  return {
    read: namesIn('read' in value ? value.read : []),
    passed: namesIn('passed' in value ? value.passed : []),
  };
}

/** What to store. */
export function formatPlace({ read, passed }: Place): string {
  return JSON.stringify({ version: VERSION, read, passed });
}

function including(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) || !NAME.test(name) ? names : [...names, name];
}

/** The place after a chapter’s end was seen. */
export function withRead(place: Place, slug: string): Place {
  return { ...place, read: including(place.read, slug) };
}

/** The place after a lab’s scenario passed. */
export function withPassed(place: Place, lab: string): Place {
  return { ...place, passed: including(place.passed, lab) };
}

/** How far a reader is with one chapter. */
export interface Progress {
  readonly isRead: boolean;
  /** How many of its scenarios have passed. */
  readonly passed: number;
  readonly labs: number;
  /** All of that, to be read out: `read, 1 of 2 scenarios passed`. Empty for one not begun. */
  readonly words: string;
}

/** How far a reader is with the chapter that has this slug and these labs. */
export function progressOf(place: Place, slug: string, labs: readonly string[]): Progress {
  const isRead = place.read.includes(slug);
  const passed = labs.filter((lab) => place.passed.includes(lab)).length;
  const words = [
    ...(isRead ? ['read'] : []),
    ...(passed > 0
      ? [`${passed} of ${labs.length} ${labs.length === 1 ? 'scenario' : 'scenarios'} passed`]
      : []),
  ].join(', ');
  return { isRead, passed, labs: labs.length, words };
}
