/**
 * Links in Markdown are written from the site’s root, as `/select/`. Where the site is published below
 * a path, they get it when the page is built, as those of components do (`components/base.ts`).
 */
import type { AstroIntegration } from 'astro';
import { below } from '../components/base.ts';

/** The part of an element that matters here. */
interface Link {
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Changes elements while Markdown becomes HTML. */
interface Context {
  setProperty(node: Link, name: string, value: unknown): void;
}

/** Puts links in Markdown below the site’s base. */
export function linksBelowBase(): AstroIntegration {
  return {
    name: 'readable:links-below-base',
    hooks: {
      'astro:config:setup': ({ config: { base, markdown } }) => {
        const { options } = markdown.processor;
        // As Starlight adds its own plugins: Astro’s processor reads them when it begins.
        const plugins = 'hastPlugins' in options ? options.hastPlugins : undefined;
        if (!Array.isArray(plugins)) {
          throw new Error(
            'Astro’s Markdown processor takes no plugins: links would lose the base.',
          );
        }
        plugins.push({
          name: 'readable:links-below-base',
          element: {
            filter: ['a'],
            visit(node: Link, context: Context) {
              const { href } = node.properties;
              if (typeof href === 'string') context.setProperty(node, 'href', below(base, href));
            },
          },
        });
      },
    },
  };
}
