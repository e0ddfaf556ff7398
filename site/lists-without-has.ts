/**
 * Starlight gives the items of a list room below if any of them has a block in it, by a rule that asks with
 * `:has()` what every list has in it. A browser then styles the whole page anew at each element that a script
 * adds, as xterm does by the hundred when a lab is run: 3.4 s of 4 s of a Run in a workbench. In a text that
 * comes from Markdown, all items of a list have a paragraph or none has: it is enough to ask the last block.
 */
import type { CSSOptions } from 'vite';

type PostcssConfig = Exclude<CSSOptions['postcss'], string | undefined>;
type PostcssPlugin = NonNullable<PostcssConfig['plugins']>[number];

const ASKS_EVERY_LIST = /^\.sl-markdown-content\s+:is\(ol, ul\):has\(> li > :not\(/;
const LAST_BLOCKS =
  '.sl-markdown-content li > :is(p, pre, figure, blockquote, table, div):last-child:not(:where(.not-content *))';

/** Says the same of lists without asking each of them. */
export const listsWithoutHas: PostcssPlugin = {
  postcssPlugin: 'readable:lists-without-has',
  Once(root) {
    root.walkRules(ASKS_EVERY_LIST, (rule) => {
      rule.selector = LAST_BLOCKS;
    });
  },
};
