/** The chapters in the order of the journey, and the labs that each has. */

import { labFile } from '../../lab/folder.ts';

/** How one gets from a call that blocks to a listener. */
export const JOURNEY = [
  'blocking',
  'processes',
  'nonblocking',
  'select',
  'events',
  'bufferevents',
  'listeners',
] as const;

/** What each way costs, and how else it could be. */
export const COSTS = ['efficiency', 'completion'] as const;

/** What stands beside the journey: more of something than its chapter has room for. They have no numbers. */
export const BESIDE = ['listener-flags'] as const;

/** Every chapter that has a number, by its slug. */
export const CHAPTERS: readonly string[] = [...JOURNEY, ...COSTS];

/** Every chapter that there is, by its slug. */
const ALL: readonly string[] = [...CHAPTERS, ...BESIDE];

/** Whether a page is a chapter, with a number or without. */
export function isChapter(slug: string): boolean {
  return ALL.includes(slug);
}

/** A chapter’s number, from 1; none for any other page, or beside the journey. */
export function chapterNumber(slug: string): number | undefined {
  const index = CHAPTERS.indexOf(slug);
  return index < 0 ? undefined : index + 1;
}

/**
 * The ids of a chapter’s labs.
 * @param definitions the paths of all definitions: `content/CHAPTER/ID/lab.ts`
 */
export function labsOf(slug: string, definitions: readonly string[]): string[] {
  return definitions
    .map(labFile)
    .filter(({ chapter }) => chapter === slug)
    .map(({ id }) => id)
    .sort();
}
