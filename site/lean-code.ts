/**
 * Blocks of code come with each program twice, once for its Copy button, and with an element around every word
 * that has no colour of its own. Without both, a page of programs is a sixth smaller on the wire. Pure.
 */

/** The text of a block, which `copy-code.ts` takes from the block itself. */
const COPIED = /(<button\b[^>]*\bdata-copied="[^"]*") data-code="[^"]*"/g;
/** Words in the colour that the block itself gives its text: `--ec-codeFg` of both themes. */
const PLAIN = /<span style="--0:#D6DEEB;--1:#403F53">([^<]*)<\/span>/g;

/** A page whose blocks of code say everything once. */
export function leanCode(html: string): string {
  return html.replace(COPIED, '$1').replace(PLAIN, '$1');
}
