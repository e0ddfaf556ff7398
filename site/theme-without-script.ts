/**
 * Without JavaScript nothing says which theme a reader has chosen, so the page follows the system. The
 * page comes without `data-theme` (`site/middleware.ts`), Starlight’s script sets it, and where it is
 * missing, the rules of a theme hold for whom the system says likes that theme. Expressive Code does the
 * same for code by itself.
 */
import type { CSSOptions } from 'vite';

type PostcssConfig = Exclude<CSSOptions['postcss'], string | undefined>;
type PostcssPlugin = NonNullable<PostcssConfig['plugins']>[number];

const THEMES = ['light', 'dark'].map((theme) => ({
  chosen: new RegExp(`(:root)?\\[data-theme=['"]?${theme}['"]?\\]`, 'g'),
  system: `(prefers-color-scheme: ${theme})`,
}));
const UNSAID = ':root:not([data-theme])';

/** Repeats each rule of a theme for pages on which no theme is set. */
export const themeWithoutScript: PostcssPlugin = {
  postcssPlugin: 'readable:theme-without-script',
  Once(root) {
    root.walkRules((rule) => {
      for (const { chosen, system } of THEMES) {
        const themed = rule.selectors.filter((selector) => selector.search(chosen) >= 0);
        if (themed.length === 0) continue;
        const next = rule.next();
        // Styles of a component come by twice.
        if (next?.type === 'atrule' && next.params === system) continue;
        const selectors = themed.map((selector) => selector.replace(chosen, UNSAID));
        rule.after({ name: 'media', params: system, nodes: [rule.clone({ selectors })] });
      }
    });
  },
};
