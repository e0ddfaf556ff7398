import { docsSchema, i18nSchema } from '@astrojs/starlight/schema';
import { defineCollection } from 'astro:content';
import { z } from 'astro/zod';
import { glob } from 'astro/loaders';

/**
 * The chapters live in `content/`, beside the programs of their labs, not in Starlight's folder. The
 * pages of the API reference are written by `site/reference/`, each with its address in it.
 */
export const collections = {
  docs: defineCollection({
    loader: glob({
      base: '.',
      pattern: ['content/**/[^_]*.{md,mdx}', 'dist/reference/**/*.md'],
      generateId: ({ entry, data }) =>
        typeof data['slug'] === 'string'
          ? data['slug']
          : entry.replace(/^content\/|(?:\/index)?\.mdx?$/g, ''),
    }),
    schema: docsSchema({
      extend: z.object({
        /** Of a chapter: what it mends of the one before. */
        mends: z.string().optional(),
        /** Of a chapter: what is still wrong at its end, or what it costs. */
        breaks: z.string().optional(),
      }),
    }),
  }),
  /** Starlight’s own words stay. It asks for this all the same, and complains of none at each change. */
  i18n: defineCollection({ loader: () => [{ id: 'en' }], schema: i18nSchema() }),
};
