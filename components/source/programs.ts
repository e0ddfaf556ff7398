/** The text of every program in `content/`, as Vite gives it when the site is built. */
import type { Programs } from '../../lab/regions.ts';

export const programs: Programs = import.meta.glob<string>('/content/*/*/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});
