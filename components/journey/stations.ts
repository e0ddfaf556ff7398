/** The chapters as their pages describe them, in the order of the journey. */
import { getCollection } from 'astro:content';
import { CHAPTERS } from './chapters.ts';

/** A chapter on the map. */
export interface Station {
  readonly slug: string;
  readonly number: number;
  readonly title: string;
  /** What it mends of the one before. */
  readonly mends: string | undefined;
  /** What is still wrong at its end, or what it costs. */
  readonly breaks: string | undefined;
}

/**
 * The chapters.
 * @throws Error if one has no page, or says neither what it mends nor what it breaks
 */
export async function stations(): Promise<Station[]> {
  const pages = await getCollection('docs');
  return CHAPTERS.map((slug, index) => {
    const data = pages.find(({ id }) => id === slug)?.data;
    if (!data) throw new Error(`There is no chapter content/${slug}/index.mdx.`);
    const { title, mends, breaks } = data;
    if (mends === undefined && breaks === undefined) {
      throw new Error(`content/${slug}/index.mdx says neither what it mends nor what it breaks.`);
    }
    return { slug, number: index + 1, title, mends, breaks };
  });
}
