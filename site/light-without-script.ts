/**
 * Without JavaScript nothing says which theme a reader has chosen, so the page follows the system. The
 * page comes without `data-theme` (`site/middleware.ts`), Starlight’s script sets it, and where it is
 * missing, the rules of the light theme hold for whom the system says likes light. Expressive Code does
 * the same for code by itself.
 */
import type { CSSOptions } from 'vite';

type PostcssConfig = Exclude<CSSOptions['postcss'], string | undefined>;
type PostcssPlugin = NonNullable<PostcssConfig['plugins']>[number];

const LIGHT = /(:root)?\[data-theme=['"]?light['"]?\]/g;
const UNSAID = ':root:not([data-theme])';
const SYSTEM = '(prefers-color-scheme: light)';

/** Repeats each rule of the light theme for pages on which no theme is set. */
export const lightWithoutScript: PostcssPlugin = {
  postcssPlugin: 'readable:light-without-script',
  Once(root) {
    root.walkRules((rule) => {
      const light = rule.selectors.filter((selector) => selector.search(LIGHT) >= 0);
      if (light.length === 0) return;
      const next = rule.next();
      // Styles of a component come by twice.
      if (next?.type === 'atrule' && next.params === SYSTEM) return;
      const selectors = light.map((selector) => selector.replace(LIGHT, UNSAID));
      rule.after({ name: 'media', params: SYSTEM, nodes: [rule.clone({ selectors })] });
    });
  },
};
