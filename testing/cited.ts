/** What pages refer to by name: manual pages. Pure. */

/** What of a page's source is code, where `write(1)` is a call. */
const CODE = /^(`{3,}|~{3,}).*\n[^]*?^\1|`[^`\n]*`/gm;

/** The manual pages that a page's source cites: linked by `<Man>`, or in its prose as `select(2)`. */
export function citedManPages(mdx: string): string[] {
  const prose = mdx.replaceAll(CODE, '');
  return [...prose.matchAll(/\b[A-Za-z_][\w.-]*\(\d\)/g)].map(([page]) => page);
}
