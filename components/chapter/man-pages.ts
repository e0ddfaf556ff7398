/** The manual pages that there are, and where one is read. Pure. */

/** Whose pages a link leads to. */
const HOST = 'https://man7.org/linux/man-pages';

/**
 * The pages in the text of `man-pages.txt`, as they are cited: `select(2)`. A line that begins with `#` is a
 * remark; any other is a section of the manual and names in it.
 */
export function readManPages(text: string): Set<string> {
  return new Set(
    text
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .flatMap((line) => {
        const [section = '', ...names] = line.split(' ');
        return names.map((name) => `${name}(${section})`);
      }),
  );
}

/**
 * Where a page is read.
 * @param page as it is cited: `select(2)`
 * @param known the pages that there are
 * @throws Error if this is none of them
 */
export function manPageAddress(page: string, known: ReadonlySet<string>): string {
  const [, name, section] = /^(.+)\((\d)\)$/.exec(page) ?? [];
  if (name === undefined || section === undefined || !known.has(page)) {
    throw new Error(
      `“${page}” is not in components/chapter/man-pages.txt. A manual page is cited as select(2).`,
    );
  }
  return `${HOST}/man${section}/${name}.${section}.html`;
}
