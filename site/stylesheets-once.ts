/**
 * Blocks of code bring their style sheet along, and where blocks are rendered side by side, a page can have its link
 * twice. Chromium then takes it for changed whenever any style element comes or goes, as terminals have them, and
 * has all code of the page styled anew: seconds, at Run. Pure.
 */

const LINK = /<link\b[^>]*\brel="stylesheet"[^>]*>/g;

/** A page without the links to style sheets that it has had before. */
export function stylesheetsOnce(html: string): string {
  const seen = new Set<string>();
  return html.replace(LINK, (link) => {
    if (seen.has(link)) return '';
    seen.add(link);
    return link;
  });
}
