/** How long a page takes to read, from its source. Pure. */

/** Words a minute: slower than a novel, since every sentence here wants some thought. */
const PACE = 200;

/** What of an MDX page is no prose, in the order in which it is taken out. */
const NO_PROSE = [
  // A block of code.
  /^(`{3,}|~{3,}).*\n[^]*?^\1/gm,
  // A remark to authors.
  /\{\/\*[^]*?\*\/\}/g,
  /^(?:import|export) .*$/gm,
  // A component, or a tag of HTML: what stands inside it is prose.
  /<\/?[A-Za-z][^>]*>/g,
  // Where a link leads.
  /(?<=\])\([^)]*\)/g,
];

/** How many words of prose a page has, headings and names in code among them. */
export function proseWords(mdx: string): number {
  const prose = NO_PROSE.reduce((text, pattern) => text.replaceAll(pattern, ' '), mdx);
  return prose.match(/[\p{L}\p{N}][^\s—|]*/gu)?.length ?? 0;
}

/** How many minutes they take, at least one. */
export function readingMinutes(mdx: string): number {
  return Math.max(1, Math.round(proseWords(mdx) / PACE));
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/**
 * What awaits a chapter’s reader, in words; nothing of what it has none of.
 * @returns such as `12 min read` and `3 labs`
 */
export function chapterLength(
  mdx: string,
  { labs, exercises }: { readonly labs: number; readonly exercises: number },
): string[] {
  return [
    `${readingMinutes(mdx)} min read`,
    ...(labs > 0 ? [counted(labs, 'lab')] : []),
    ...(exercises > 0 ? [counted(exercises, 'exercise')] : []),
  ];
}
