/** What Markdown becomes on this site's pages, beyond what Astro makes of it. */
import type { AstroIntegration } from 'astro';
import { below } from '../../components/base.ts';
import { breakable, isWhole } from './breakable.ts';

/** The parts of a node that matter here. */
interface Node {
  readonly type: string;
  readonly tagName?: string;
  readonly value?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly children?: readonly Node[];
}

/** Changes elements while Markdown becomes HTML. */
interface Context {
  setProperty(node: Node, name: string, value: unknown): void;
  replaceNode(node: Node, by: readonly Node[]): void;
  wrapNode(node: Node, by: Node): void;
  parent(node: Node): Node | undefined;
  textContent(node: Node): string;
}

interface Plugin {
  readonly name: string;
  readonly element: {
    readonly filter: readonly string[];
    readonly visit: (node: Node, context: Context) => void;
  };
}

const element = (tagName: string, properties: Record<string, unknown> = {}): Node => ({
  ...{ type: 'element', tagName, properties, children: [] },
});

/**
 * Links in Markdown are written from the site’s root, as `/select/`. Where the site is published below
 * a path, they get it when the page is built, as those of components do (`components/base.ts`).
 */
function linksBelow(base: string): Plugin {
  return {
    name: 'readable:links-below-base',
    element: {
      filter: ['a'],
      visit(node, context) {
        const href = node.properties?.['href'];
        if (typeof href === 'string') context.setProperty(node, 'href', below(base, href));
      },
    },
  };
}

/** A long name in code may go on in the next line after each of its underscores, a short one nowhere. */
const breaksInNames: Plugin = {
  name: 'readable:breaks-in-names',
  element: {
    filter: ['code'],
    visit(node, context) {
      if (context.parent(node)?.tagName === 'pre') return;
      if (isWhole(context.textContent(node))) context.setProperty(node, 'className', ['whole']);
      for (const child of node.children ?? []) {
        const [first, ...more] = child.type === 'text' ? breakable(child.value ?? '') : [];
        if (first === undefined || more.length === 0) continue;
        const text = (value: string): Node => ({ type: 'text', value });
        context.replaceNode(child, [
          text(first),
          ...more.flatMap((piece) => [element('wbr'), text(piece)]),
        ]);
      }
    },
  },
};

function headersOf(node: Node): Node[] {
  return (node.children ?? []).flatMap((child) =>
    child.tagName === 'th' ? [child] : headersOf(child),
  );
}

/** A table has a box around it, which scrolls where the table is too wide: `scrolling-tables.ts`. */
const tablesInBoxes: Plugin = {
  name: 'readable:tables-in-boxes',
  element: {
    filter: ['table'],
    visit(node, context) {
      const headers = headersOf(node).map((header) => context.textContent(header).trim());
      const label = `Table: ${headers.filter((header) => header !== '').join(', ')}`;
      context.wrapNode(node, element('div', { className: ['table-box'], dataLabel: label }));
    },
  },
};

/** The site’s own changes to what Markdown becomes. */
export function markdownInPages(): AstroIntegration {
  return {
    name: 'readable:markdown-in-pages',
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
        plugins.push(linksBelow(base), breaksInNames, tablesInBoxes);
      },
    },
  };
}
