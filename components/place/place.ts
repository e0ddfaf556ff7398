/** A reader’s place in the book: the chapters read, the scenarios passed, what they answered. Pure. */
import { QUESTION_LIMITS } from '../../lab/question-limits.ts';

/** What a reader has answered to a question of a scenario. */
export interface Said {
  readonly lab: string;
  /** The question’s words: where it stands in the scenario may change. */
  readonly asks: string;
  /** The choices they took, or the one thing they wrote. */
  readonly said: readonly string[];
}

/** Where a reader is. */
export interface Place {
  /** Slugs of chapters whose end the reader has seen. */
  readonly read: readonly string[];
  /** Ids of labs whose scenario has passed. */
  readonly passed: readonly string[];
  /** Ids of exercises that they have solved. */
  readonly solved: readonly string[];
  /** Their answers, the latest last; one for each question. */
  readonly answers: readonly Said[];
}

/** Where every reader starts. */
export const NOWHERE: Place = { read: [], passed: [], solved: [], answers: [] };

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

/** @param most how many characters it may have */
function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= most;
}

/** What somebody says was answered, if that can be. */
export function saidIn(value: unknown): Said | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('lab' in value && 'asks' in value && 'said' in value)) return undefined;
  const { lab, asks, said } = value;
  if (typeof lab !== 'string' || !NAME.test(lab)) return undefined;
  if (!isText(asks, QUESTION_LIMITS.asks) || !Array.isArray(said)) return undefined;
  const texts = said.filter((each: unknown) => isText(each, QUESTION_LIMITS.answer));
  if (texts.length === 0) return undefined;
  return { lab, asks, said: texts.slice(0, QUESTION_LIMITS.choices) };
}

function answersIn(value: unknown): readonly Said[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(-MOST)
    .reduce<readonly Said[]>((answers, each) => withAnswer(answers, saidIn(each)), []);
}

function withAnswer(answers: readonly Said[], said: Said | undefined): readonly Said[] {
  if (!said) return answers;
  const others = answers.filter(({ lab, asks }) => lab !== said.lab || asks !== said.asks);
  return [...others, said].slice(-MOST);
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
    solved: namesIn('solved' in value ? value.solved : []),
    answers: answersIn('answers' in value ? value.answers : []),
  };
}

/** What to store. */
export function formatPlace({ read, passed, solved, answers }: Place): string {
  return JSON.stringify({ version: VERSION, read, passed, solved, answers });
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

/** The place after an exercise was solved. */
export function withSolved(place: Place, exercise: string): Place {
  return { ...place, solved: including(place.solved, exercise) };
}

/** The place after a question was answered, once more perhaps. */
export function withSaid(place: Place, said: Said): Place {
  return { ...place, answers: withAnswer(place.answers, said) };
}

/** What was answered to a question, if it ever was. */
export function saidTo(place: Place, lab: string, asks: string): readonly string[] | undefined {
  return place.answers.find((each) => each.lab === lab && each.asks === asks)?.said;
}

/** How far a reader is with one chapter. */
export interface Progress {
  readonly isRead: boolean;
  /** Of how many of its labs the scenario has passed, or the exercise is solved. */
  readonly passed: number;
  readonly labs: number;
  /** All of that, to be read out: `read, 1 of 2 labs passed`. Empty for one not begun. */
  readonly words: string;
}

/** How far a reader is with the chapter that has this slug and these labs. */
export function progressOf(place: Place, slug: string, labs: readonly string[]): Progress {
  const isRead = place.read.includes(slug);
  const done = [...place.passed, ...place.solved];
  const passed = labs.filter((lab) => done.includes(lab)).length;
  const words = [
    ...(isRead ? ['read'] : []),
    ...(passed > 0
      ? [`${passed} of ${labs.length} ${labs.length === 1 ? 'lab' : 'labs'} passed`]
      : []),
  ].join(', ');
  return { isRead, passed, labs: labs.length, words };
}
