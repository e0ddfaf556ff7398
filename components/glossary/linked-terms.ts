/** Which terms a page links to the glossary. Pure. */

/** The ids in a page's source, in their order, as often as they stand there: `<Term id="port">`. */
export function linkedTerms(mdx: string): string[] {
  return [...mdx.matchAll(/<Term\b[^>]*?\bid=(?:"([^"]*)"|'([^']*)')/g)].map(
    ([, double, single]) => double ?? single ?? '',
  );
}
