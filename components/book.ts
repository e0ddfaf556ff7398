/** The labs of the book as Vite gives them when the site is built, by path: `/content/CHAPTER/ID/FILE`. */
import type { Modules } from '../lab/catalog.ts';

/** The module of every definition. */
export const definitions: Modules<{ default?: unknown }> = import.meta.glob<{ default?: unknown }>(
  '/content/*/*/lab.ts',
  { eager: true },
);

/** The text of every program. */
export const programs: Modules<string> = import.meta.glob<string>('/content/*/*/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** What was recorded for labs that are measurements. */
export const recordings: Modules<unknown> = import.meta.glob<unknown>(
  '/content/*/*/recorded.json',
  {
    import: 'default',
    eager: true,
  },
);
